// Kinesis' SubscribeToShard with the JavaScript SDK, over HTTP/2 with prior knowledge. Prints what it saw as one line of
// JSON. Usage: node subscribe.mjs ENDPOINT
import { KinesisClient, CreateStreamCommand, DeregisterStreamConsumerCommand, DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand, PutRecordCommand, PutRecordsCommand, RegisterStreamConsumerCommand,
  SubscribeToShardCommand, waitUntilStreamExists } from "@aws-sdk/client-kinesis";

const client = new KinesisClient({
  endpoint: process.argv[2], region: "us-east-1", maxAttempts: 1,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const StreamName = "js";
await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
await waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1 }, { StreamName });
const { StreamDescriptionSummary: { StreamARN } } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
const { Consumer: { ConsumerARN } } = await client.send(
  new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
let status = "CREATING";
while (status === "CREATING") {
  ({ ConsumerDescription: { ConsumerStatus: status } } = await client.send(
    new DescribeStreamConsumerCommand({ ConsumerARN })));
}

const ShardId = "shardId-000000000000";
const subscribe = (StartingPosition) => client.send(
  new SubscribeToShardCommand({ ConsumerARN, ShardId, StartingPosition }));
const { EventStream } = await subscribe({ Type: "LATEST" });
const again = await subscribe({ Type: "LATEST" }).then(() => "none", (error) => error.name);

const data = [];
let next = 0;
const put = () => client.send(new PutRecordCommand({ StreamName, PartitionKey: "k", Data: Buffer.from(`${next++}`) }));
await put();
let ended = "properly";
let continuation = "";
try {
  for await (const event of EventStream) {
    const { Records, ContinuationSequenceNumber } = event.SubscribeToShardEvent;
    data.push(...Records.map((record) => Buffer.from(record.Data).toString()));
    continuation = ContinuationSequenceNumber ?? continuation;
    if (next < 20) {
      await put();
    } else if (next === 20) {
      // A large event, in many pieces of the window.
      next += 3;
      await client.send(new PutRecordsCommand({ StreamName, Records: [20, 21, 22].map((i) => ({
        PartitionKey: "k", Data: Buffer.from(`${i}`.padEnd(300_000, ".")) })) }));
    } else if (data.length >= 23) {
      await client.send(new DeregisterStreamConsumerCommand({ ConsumerARN })).catch(() => {});
    }
  }
} catch (error) {
  ended = error.name;
}
client.destroy();
console.log(JSON.stringify({
  again, ended, data: data.map((text) => text.replace(/\.+$/, "")), sizes: data.slice(20).map((text) => text.length),
  continuation: continuation.length }));
