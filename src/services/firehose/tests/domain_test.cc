// The pure parts: buffering, the contract with functions, unmarshalling, compression,
// configuration.
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <snappy.h>

#include "base/bytes.h"
#include "services/firehose/buffer.h"
#include "services/firehose/compression.h"
#include "services/firehose/destination.h"
#include "services/firehose/transform_contract.h"
#include "services/firehose/unmarshal.h"

namespace penstock::firehose {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

SourceRecord record(std::string data, Timestamp buffered = {}, std::string sequence = "7") {
  SourceRecord r;
  r.sequence_number = std::move(sequence);
  r.data = std::move(data);
  r.buffered = buffered;
  r.arrival_millis = 1'700'000'000'000;
  return r;
}

// Documented: whichever of size and interval is met first; the age counts from the first record.
TEST(Buffer, IsDueBySizeOrAge) {
  SimClock clock;
  const CutRule rule{.bytes = 10, .records = 5, .interval = seconds(60)};
  Buffer buffer;
  EXPECT_EQ(buffer.due_in(rule, clock.now(), true), std::nullopt);
  buffer.add(record("abc", clock.now()));
  EXPECT_EQ(buffer.due_in(rule, clock.now(), true), seconds(60));
  clock.advance(seconds(59));
  buffer.add(record("def", clock.now()));
  EXPECT_EQ(buffer.due_in(rule, clock.now(), false), seconds(1));
  clock.advance(seconds(2));
  EXPECT_EQ(buffer.due_in(rule, clock.now(), false), microseconds(0));
  EXPECT_EQ(buffer.cut(rule).size(), 2U);
  EXPECT_TRUE(buffer.empty());

  buffer.add(record("0123456789", clock.now()));
  buffer.add(record("next", clock.now()));
  EXPECT_TRUE(buffer.full(rule));
  EXPECT_EQ(buffer.due_in(rule, clock.now(), false), microseconds(0));
  EXPECT_EQ(buffer.cut(rule).size(), 1U);
  EXPECT_EQ(buffer.bytes(), 4U);
}

TEST(Buffer, WithoutAnIntervalItWaitsForTheTransform) {
  SimClock clock;
  const CutRule rule{.bytes = 100, .interval = microseconds(0), .immediate = true};
  Buffer buffer;
  buffer.add(record("abc", clock.now()));
  EXPECT_EQ(buffer.due_in(rule, clock.now(), false), std::nullopt);
  EXPECT_EQ(buffer.due_in(rule, clock.now(), true), microseconds(0));
  buffer.add(record(std::string(100, 'x'), clock.now()));
  EXPECT_EQ(buffer.due_in(rule, clock.now(), false), microseconds(0));
}

EventHeader header() { return {.invocation_id = "i", .kinesis_arn = "arn", .shard = "s"}; }

// Documented: "data transformation" of the developer guide. That one bad record fails alone, and
// that unknown ids are ignored, is deduced.
TEST(Contract, JudgesReplies) {
  const std::vector<SourceRecord> records = {record("a", {}, "1"), record("b", {}, "2")};
  struct Case {
    std::string_view response;
    std::string_view first, second;  // "=data", "dropped" or an error code.
  };
  constexpr std::string_view kJson = "Lambda.JsonProcessingException";
  constexpr std::string_view kFunction = "Lambda.FunctionError";
  constexpr std::string_view kMissing = "Lambda.MissingRecordId";
  for (const Case& c : {
           Case{R"({"records":[{"recordId":"1000000","result":"Ok","data":"eA=="},)"
                R"({"recordId":"2000000","result":"Dropped"}]})",
                "=x", "dropped"},
           {R"({"records":[{"recordId":"2000000","result":"Ok","data":"eA=="},)"
            R"({"recordId":"1000000","result":"Ok","data":"eQ=="}]})",
            "=y", "=x"},
           {R"({"records":[{"recordId":"1000000","result":"ProcessingFailed","data":"eA=="},)"
            R"({"recordId":"2000000","result":"ok","data":"eA=="}]})",
            "Lambda.ProcessingFailedStatus", kFunction},
           {R"({"records":[{"recordId":"1000000","result":"Ok","data":"eA=="}]})", "=x", kMissing},
           {R"({"records":[{"recordId":"1000000","result":"Ok","data":"eA=="},)"
            R"({"recordId":"1000000","result":"Ok","data":"eA=="},)"
            R"({"recordId":"9","result":"Ok","data":"eA=="}]})",
            "Lambda.DuplicatedRecordId", kMissing},
           {R"({"records":[{"recordId":"1000000","result":"Ok","data":"e"},)"
            R"({"recordId":"2000000","result":"Ok"}]})",
            kFunction, kFunction},
           {R"({"records":[1]})", kJson, kJson},
           {R"({"records":{}})", kFunction, kFunction},
           {R"({})", kFunction, kFunction},
           {R"(null)", kJson, kJson},
           {R"([])", kJson, kJson},
           {"", kJson, kJson},
           {"{", kJson, kJson},
       }) {
    const auto verdicts = judge_response(header(), records, c.response);
    ASSERT_EQ(verdicts.size(), 2U);
    for (int i = 0; i < 2; ++i) {
      const Transformed& v = verdicts[i];
      const std::string shown = v.verdict == Verdict::kOk        ? "=" + v.data
                                : v.verdict == Verdict::kDropped ? "dropped"
                                                                 : v.failure.code;
      EXPECT_EQ(shown, i == 0 ? c.first : c.second) << c.response;
    }
  }
}

// Documented: the event of a Kinesis source.
TEST(Contract, BuildsTheEvent) {
  SourceRecord r = record("hi", {}, "49");
  r.partition_key = "k\"";
  EventHeader h = header();
  h.stream_arn = "fh";
  h.region = "eu-west-1";
  EXPECT_EQ(
      build_event(h, std::span(&r, 1)),
      R"({"invocationId":"i","deliveryStreamArn":"fh","region":"eu-west-1",)"
      R"("sourceKinesisStreamArn":"arn","records":[{"recordId":"49000000",)"
      R"("approximateArrivalTimestamp":1700000000000,"data":"aGk=",)"
      R"("kinesisRecordMetadata":{"sequenceNumber":"49","subsequenceNumber":0,)"
      R"("partitionKey":"k\"","shardId":"s","approximateArrivalTimestamp":1700000000000}}]})");
  h.kinesis_arn.clear();
  h.stream = 5;
  EXPECT_EQ(build_event(h, std::span(&r, 1)),
            R"({"invocationId":"i","deliveryStreamArn":"fh","region":"eu-west-1",)"
            R"("records":[{"recordId":"490000000000000000000500000000000000000049000000",)"
            R"("approximateArrivalTimestamp":1700000000000,"data":"aGk="}]})");
  EXPECT_GE(event_bytes(r) + 300, build_event(h, std::span(&r, 1)).size());
}

// Documented: the members of a processing-failed object, in the order of the guide.
TEST(Contract, WritesErrorLines) {
  const SourceRecord r = record("hi");
  const Failure failure{"Lambda.FunctionError", "m"};
  std::string line;
  append_error_line(line, {&r, &failure, 4, 1'700'000'000'500, "arn:f"});
  EXPECT_EQ(
      line,
      R"({"attemptsMade":4,"arrivalTimestamp":1700000000000,"errorCode":"Lambda.FunctionError",)"
      R"("errorMessage":"m","attemptEndingTimestamp":1700000000500,"rawData":"aGk=",)"
      R"("lambdaArn":"arn:f"})"
      "\n");
  EXPECT_EQ(qualified_arn("arn:aws:lambda:r:1:function:f"),
            "arn:aws:lambda:r:1:function:f:$LATEST");
  EXPECT_EQ(qualified_arn("arn:aws:lambda:r:1:function:f:v1"), "arn:aws:lambda:r:1:function:f:v1");
}

std::string unmarshal(std::string_view text) {
  std::string out = "|";
  const Status done = append_unmarshalled(out, text);
  return done ? out.substr(1) : out == "|" ? "refused" : "left bytes behind";
}

// The form of DynamoDB's stream records is documented; the form of the lines is ours.
TEST(Unmarshal, MakesPlainJson) {
  EXPECT_EQ(
      unmarshal(R"({"eventID":"1","eventName":"INSERT","dynamodb":{"Keys":{"id":{"S":"a"}},)"
                R"("NewImage":{"id":{"S":"a\n\u00e9"},"n":{"N":"-1.5E+3"},"t":{"BOOL":true},)"
                R"("z":{"NULL":true},"l":{"L":[{"S":"x"},{"M":{"k":{"N":"2"}}}]},)"
                R"("ss":{"SS":["p","q"]},"ns":{"NS":["1","2"]},"b":{"B":"eA=="},"e":{"M":{}}},)"
                R"("OldImage":{"id":{"S":"old"}},"SequenceNumber":"42"},"awsRegion":"r"})"),
      R"({"id":"a\n\u00e9","n":-1.5E+3,"t":true,"z":null,"l":["x",{"k":2}],"ss":["p","q"],)"
      R"("ns":[1,2],"b":"eA==","e":{},"eventName":"INSERT","sequenceNumber":"42"})");
  EXPECT_EQ(unmarshal(R"({"dynamodb":{"Keys":{"id":{"S":"a"}},"OldImage":{"id":{"S":"a"},)"
                      R"("n":{"N":"1"}},"SequenceNumber":"43"},"eventName":"REMOVE"})"),
            R"({"id":"a","n":1,"eventName":"REMOVE","sequenceNumber":"43"})");
  EXPECT_EQ(unmarshal(R"({"eventName":"REMOVE","dynamodb":{"Keys":{"id":{"S":"a"}}}})"),
            R"({"id":"a","eventName":"REMOVE","sequenceNumber":""})");
  // The added fields win.
  EXPECT_EQ(unmarshal(R"({"eventName":"E","dynamodb":{"NewImage":{"eventName":{"S":"x"}}}})"),
            R"({"eventName":"E","sequenceNumber":""})");
}

TEST(Unmarshal, RefusesWhatIsNoChange) {
  for (const std::string_view text :
       {"", "x", "[]", "{}", R"({"a":1})", R"({"dynamodb":{}})", R"({"dynamodb":1})",
        R"({"dynamodb":{"NewImage":{"a":{"S":1}}}})", R"({"dynamodb":{"NewImage":{"a":{}}}})",
        R"({"dynamodb":{"NewImage":{"a":{"X":"1"}}}})",
        R"({"dynamodb":{"NewImage":{"a":{"N":"01"}}}})",
        R"({"dynamodb":{"NewImage":{"a":{"N":"1","S":"x"}}}})",
        R"({"dynamodb":{"NewImage":{"a":{"S":"\q"}}}})",
        R"({"dynamodb":{"NewImage":{"a":{"S":"x"}}}} trailing)",
        R"({"dynamodb":{"NewImage":{"a":{"S":"x"}})"}) {
    EXPECT_EQ(unmarshal(text), "refused") << text;
  }
  std::string deep = R"({"dynamodb":{"NewImage":{"a":)";
  for (int i = 0; i < 100; ++i) deep += R"({"L":[)";
  for (int i = 0; i < 100; ++i) deep += "]}";
  EXPECT_EQ(unmarshal(deep + "}}}"), "refused");
}

TEST(Compression, ReadsBack) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>('a' + i % 7 * (i % 5));
  const std::string gz = compress(Compression::kGzip, text, "", {});
  libdeflate_decompressor* const inflate = libdeflate_alloc_decompressor();
  std::string out(text.size(), '\0');
  EXPECT_EQ(
      libdeflate_gzip_decompress(inflate, gz.data(), gz.size(), out.data(), out.size(), nullptr),
      LIBDEFLATE_SUCCESS);
  EXPECT_EQ(out, text);

  const std::string zip = compress(Compression::kZip, text, "entry", Timestamp::from_seconds(1e9));
  EXPECT_EQ(zip.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(zip.substr(30, 5), "entry");
  out.assign(text.size(), '\0');
  EXPECT_EQ(libdeflate_deflate_decompress(inflate, zip.data() + 35, zip.size() - 35, out.data(),
                                          out.size(), nullptr),
            LIBDEFLATE_SUCCESS);
  EXPECT_EQ(out, text);
  libdeflate_free_decompressor(inflate);

  // The magic bytes are documented by snappy-java and were probed on AWS.
  const std::string xerial = compress(Compression::kSnappy, text, "", {});
  EXPECT_EQ(xerial.substr(0, 16), std::string("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16));
  const auto big32 = [](const std::string& s, std::size_t i) {
    std::size_t n = 0;
    for (std::size_t k = i; k < i + 4; ++k) n = n << 8 | static_cast<unsigned char>(s[k]);
    return n;
  };
  out.clear();
  for (std::size_t i = 16; i < xerial.size();) {
    const std::size_t n = big32(xerial, i);
    std::string chunk;
    ASSERT_TRUE(snappy::Uncompress(xerial.data() + i + 4, n, &chunk));
    out += chunk;
    i += 4 + n;
  }
  EXPECT_EQ(out, text);
  const std::string hadoop = compress(Compression::kHadoopSnappy, text, "", {});
  EXPECT_EQ(big32(hadoop, 0), text.size());
  ASSERT_TRUE(snappy::Uncompress(hadoop.data() + 8, big32(hadoop, 4), &out));
  EXPECT_EQ(out, text);
}

api::Processor lambda(std::vector<api::ProcessorParameter> parameters) {
  return {.type = "Lambda", .parameters = std::move(parameters)};
}

constexpr const char* kArn = "arn:aws:lambda:us-east-1:1:function:f";

std::string refusal(std::vector<api::Processor> processors) {
  api::ProcessingConfiguration configuration;
  configuration.enabled = true;
  configuration.processors = std::move(processors);
  const auto completed = complete_processing(std::move(configuration));
  return completed ? "" : completed.error().message;
}

// Recorded texts of the service.
TEST(Processing, RefusesAsTheServiceDoes) {
  EXPECT_EQ(refusal({}),
            "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is "
            "enabled.");
  EXPECT_EQ(refusal({lambda({})}), "LambdaArn is required when Lambda processor is used.");
  EXPECT_EQ(refusal({lambda({{"LambdaArn", kArn}}), lambda({{"LambdaArn", kArn}})}),
            "Cannot have more than 1 Lambda processor.");
  EXPECT_EQ(refusal({lambda({{"LambdaArn", kArn}, {"NumberOfRetries", "301"}})}),
            "Number of retries for lambda must be between 0 and 300.");
  EXPECT_EQ(
      refusal({lambda(
          {{"LambdaArn", kArn}, {"BufferSizeInMBs", "4"}, {"BufferIntervalInSeconds", "60"}})}),
      "BufferSizeInMBs for lambda processor must be between 0.2 and 3.");
  EXPECT_EQ(refusal({lambda({{"LambdaArn", kArn}, {"BufferSizeInMBs", "1"}})}),
            "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering "
            "for lambda processor.");
  EXPECT_EQ(refusal({{.type = "Decompression"}}),
            "The processor type Decompression is not supported by this server.");
}

// Probed: defaults are filled in, in this order, and omitted Enabled means disabled.
TEST(Processing, FillsInDefaults) {
  api::ProcessingConfiguration configuration;
  configuration.processors = {{lambda({{"LambdaArn", kArn}})}};
  auto completed = complete_processing(configuration);
  ASSERT_TRUE(completed.has_value());
  EXPECT_EQ(completed->enabled, false);
  EXPECT_FALSE(processing_of(*completed).lambda.has_value());
  std::string shown;
  for (const auto& p : *completed->processors->front().parameters) {
    shown += p.parameter_name + "=" + p.parameter_value + " ";
  }
  EXPECT_EQ(shown, "LambdaArn=" + std::string(kArn) +
                       " NumberOfRetries=3 BufferSizeInMBs=1 BufferIntervalInSeconds=60 ");
}

TEST(Processing, ReadsDelimitersAndTheBuiltInFunction) {
  api::ProcessingConfiguration configuration;
  configuration.enabled = true;
  configuration.processors.emplace() = {
      lambda({{"LambdaArn", "arn:aws:lambda:us-east-1:1:function:penstock-unmarshal"}}),
      {.type = "AppendDelimiterToRecord", .parameters = {{{"Delimiter", "\\n"}}}}};
  const Processing processing = processing_of(complete_processing(configuration).value());
  EXPECT_TRUE(processing.lambda->built_in);
  EXPECT_EQ(processing.delimiter, "\n");
}

}  // namespace
}  // namespace penstock::firehose
