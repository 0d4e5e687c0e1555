// DynamoDB with the JavaScript SDK: batches, transactions, pages, errors as the SDK types them. Prints what it saw as
// one line of JSON. Usage: node dynamodb.mjs ENDPOINT
import { BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand,
  DynamoDBClient, PutItemCommand, ResourceNotFoundException, TransactGetItemsCommand, TransactWriteItemsCommand,
  TransactionCanceledException, UpdateItemCommand, paginateQuery, paginateScan, waitUntilTableExists } from
  "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({
  endpoint: process.argv[2], region: "eu-west-1", maxAttempts: 1,
  credentials: { accessKeyId: "test", secretAccessKey: "test" } });
const TableName = "orders";
const key = (c) => ({ p: { S: "a" }, c: { N: `${c}` } });

async function refused(command) {
  try {
    await client.send(command);
  } catch (error) {
    return error;
  }
  throw new Error(`${command.constructor.name} was not refused`);
}

async function all(pages) {
  const found = [];
  for await (const page of pages) found.push(...page.Items.map((item) => Number(item.c.N)));
  return found;
}

await client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }, { AttributeName: "c", AttributeType: "N" }],
  KeySchema: [{ AttributeName: "p", KeyType: "HASH" }, { AttributeName: "c", KeyType: "RANGE" }] }));
await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });

const saw = {};
for (const start of [0, 25]) {
  const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]:
    [...Array(25).keys()].map((i) => ({ PutRequest: { Item: { ...key(start + i), even: { BOOL: i % 2 === 0 } } } })) } }));
  saw.unprocessed = Object.keys(UnprocessedItems).length;
}
const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: {
  Keys: [3, 99, 7].map(key), ProjectionExpression: "c" } } }));
saw.got = Responses[TableName].map((item) => item.c.N).sort();
saw.query = await all(paginateQuery({ client, pageSize: 7 }, {
  TableName, KeyConditionExpression: "p = :p AND c BETWEEN :a AND :b", ScanIndexForward: false,
  ExpressionAttributeValues: { ":p": { S: "a" }, ":a": { N: "10" }, ":b": { N: "30" } } }));
saw.scan = (await all(paginateScan({ client, pageSize: 9 }, {
  TableName, FilterExpression: "even = :yes", ExpressionAttributeValues: { ":yes": { BOOL: true } } }))).length;

const cancelled = await refused(new TransactWriteItemsCommand({ TransactItems: [
  { Update: { TableName, Key: key(1), UpdateExpression: "SET n = :n", ExpressionAttributeValues: { ":n": { N: "1" } } } },
  { ConditionCheck: { TableName, Key: key(99), ConditionExpression: "attribute_exists(p)" } }] }));
saw.cancelled = [cancelled instanceof TransactionCanceledException,
  cancelled.CancellationReasons.map((reason) => reason.Code)];
const ClientRequestToken = "a-token";
const add = new TransactWriteItemsCommand({ ClientRequestToken, TransactItems: [{ Update: {
  TableName, Key: key(1), UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: "1" } } } }] });
await client.send(add);
await client.send(add);
const read = await client.send(new TransactGetItemsCommand({ TransactItems: [
  { Get: { TableName, Key: key(1) } }, { Get: { TableName, Key: key(99) } }] }));
saw.once = read.Responses.map((response) => response.Item?.n?.N ?? null);

const failed = await refused(new PutItemCommand({
  TableName, Item: key(1), ConditionExpression: "attribute_not_exists(p)",
  ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
saw.failed = [failed instanceof ConditionalCheckFailedException, failed.message, failed.Item.n];
const absent = await refused(new PutItemCommand({ TableName: "absent", Item: key(1) }));
saw.absent = [absent instanceof ResourceNotFoundException, absent.$metadata.httpStatusCode, absent.message];
const invalid = await refused(new UpdateItemCommand({ TableName, Key: key(1), UpdateExpression: "SET p = c" }));
saw.invalid = [invalid.name, invalid.message];
client.destroy();
console.log(JSON.stringify(saw));
