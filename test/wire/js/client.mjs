// The JavaScript SDK against a server: Kinesis over HTTP/2 with prior knowledge (the SDK's own choice for an http://
// endpoint), DynamoDB over HTTP/1.1. Prints what it saw as one line of JSON. Usage: node client.mjs ENDPOINT
import http2 from "node:http2";

import { DynamoDBClient, CreateTableCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from
  "@aws-sdk/client-dynamodb";
import { KinesisClient, CreateStreamCommand, DescribeStreamSummaryCommand, GetRecordsCommand,
  GetShardIteratorCommand, ListShardsCommand, PutRecordCommand, PutRecordsCommand, waitUntilStreamExists } from
  "@aws-sdk/client-kinesis";

const endpoint = process.argv[2];
const options = {
  endpoint, region: "eu-central-1", maxAttempts: 1,
  credentials: { accessKeyId: process.argv[3] ?? "test", secretAccessKey: process.argv[4] ?? "test" },
};

// Counts the HTTP/2 sessions that are opened: proof that Kinesis does speak it.
let sessions = 0;
const connect = http2.connect;
http2.connect = (...rest) => { ++sessions; return connect(...rest); };

async function kinesis() {
  const client = new KinesisClient(options);
  const StreamName = "js";
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1 }, { StreamName });
  const first = await client.send(new PutRecordCommand({ StreamName, PartitionKey: "a", Data: Buffer.from("é") }));
  const batch = await Promise.all([...Array(20).keys()].map((i) => client.send(new PutRecordsCommand({
    StreamName, Records: [...Array(10).keys()].map((j) => ({ PartitionKey: `${i}`, Data: Buffer.from(`${i}-${j}`) })),
  }))));
  const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
  let { ShardIterator } = await client.send(new GetShardIteratorCommand({
    StreamName, ShardId: Shards[0].ShardId, ShardIteratorType: "TRIM_HORIZON" }));
  const data = [];
  for (let page; !page || page.Records.length > 0 || page.MillisBehindLatest > 0;) {
    page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 50 }));
    data.push(...page.Records.map((record) => Buffer.from(record.Data).toString()));
    ShardIterator = page.NextShardIterator;
  }
  const refused = await client.send(new DescribeStreamSummaryCommand({ StreamName: "absent" }))
    .then(() => "none", (error) => error.name);
  client.destroy();
  return {
    shard: first.ShardId, data, refused,
    failed: batch.reduce((sum, reply) => sum + reply.FailedRecordCount, 0),
    protocol: sessions > 0 ? "h2" : "http/1.1",
  };
}

async function dynamodb() {
  const client = new DynamoDBClient(options);
  const TableName = "js-table";
  await client.send(new CreateTableCommand({
    TableName, BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  }));
  const item = { id: { S: "1" }, bytes: { B: new Uint8Array([0, 255]) }, list: { L: [{ N: "1.5" }, { NULL: true }] } };
  await client.send(new PutItemCommand({ TableName, Item: item }));
  await client.send(new UpdateItemCommand({
    TableName, Key: { id: { S: "1" } }, UpdateExpression: "ADD hits :one",
    ExpressionAttributeValues: { ":one": { N: "1" } } }));
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: { id: { S: "1" } }, ConsistentRead: true }));
  const refused = await client.send(new PutItemCommand({
    TableName, Item: item, ConditionExpression: "attribute_not_exists(id)" }))
    .then(() => "none", (error) => error.name);
  client.destroy();
  return { hits: Item.hits.N, bytes: [...Item.bytes.B], list: Item.list.L, refused };
}

console.log(JSON.stringify({ kinesis: await kinesis(), dynamodb: await dynamodb() }));
