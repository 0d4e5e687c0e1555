// What reconciliation rests on: objects are unpacked as they were packed, and the ledger has the
// fate and the checksum of every record.
#include <gmock/gmock.h>

#include "base/bytes.h"
#include "services/firehose/ledger_codec.h"
#include "services/firehose/store.h"
#include "services/firehose/tests/harness.h"
#include "storage/key.h"

namespace penstock::firehose {
namespace {

constexpr Compression kAllCompressions[] = {Compression::kUncompressed, Compression::kGzip,
                                            Compression::kZip, Compression::kSnappy,
                                            Compression::kHadoopSnappy};

std::string long_text() {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i * 7919) + "\n";
  return text;
}

// Deduced: decompress() is the inverse of compress(), whose formats domain_test.cc holds to the
// documented ones.
TEST(Decompression, IsTheInverse) {
  for (const std::string& text : {std::string(), std::string("a line\n"), long_text()}) {
    for (const Compression compression : kAllCompressions) {
      SCOPED_TRACE(static_cast<int>(compression));
      const std::string packed = compress(compression, text, "entry", Timestamp::from_seconds(1e9));
      const auto plain = decompress(compression, packed, text.size());
      ASSERT_TRUE(plain.has_value()) << plain.error().message;
      EXPECT_TRUE(*plain == text);
      if (!text.empty()) {
        EXPECT_FALSE(decompress(compression, packed, text.size() - 1).has_value());
      }
    }
  }
}

// Deduced: no part of an object is a whole one, except where a Snappy format may end.
TEST(Decompression, RefusesWhatIsDamaged) {
  const std::string text = long_text();
  for (const Compression compression : kAllCompressions) {
    if (compression == Compression::kUncompressed) continue;
    SCOPED_TRACE(static_cast<int>(compression));
    const std::string packed = compress(compression, text, "entry", {});
    for (const std::size_t size : {std::size_t{1}, packed.size() / 2, packed.size() - 1}) {
      const auto part = decompress(compression, packed.substr(0, size), 1 << 24);
      EXPECT_FALSE(part && *part == text) << size;
      if (compression != Compression::kSnappy && compression != Compression::kHadoopSnappy) {
        EXPECT_FALSE(part.has_value()) << size;
      }
    }
    EXPECT_FALSE(decompress(compression, "no object at all", 1 << 24).has_value());
  }
}

LedgerEntry sample_entry() {
  LedgerEntry entry;
  entry.shard = "shardId-000000000001";
  entry.from = "100";
  entry.to = "106";
  entry.records = 7;
  entry.delivered = 3;
  entry.bucket = "lake";
  entry.key = "k";
  entry.compression = Compression::kSnappy;
  entry.errors = {{"e", 2, 40}, {"e-1", 1, 20}};
  entry.fates = {{Fate::kDelivered, 0, {10, 0xFFFFFFFF}},
                 {Fate::kDelivered, 0, {0, 0}},
                 {Fate::kDropped, 0, {}},
                 {Fate::kFailed, 1, {20, 1}},
                 {Fate::kDelivered, 0, {1 << 20, 2}},
                 {Fate::kLost, 0, {}},
                 {Fate::kFailed, 0, {40, 0x80000000}}};
  return entry;
}

TEST(LedgerCodec, ReadsWhatItWrites) {
  const LedgerEntry entry = sample_entry();
  const auto read = decode_ledger_entry(5, encode_ledger_entry(entry));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->number, 5U);
  EXPECT_EQ(read->fates, entry.fates);
  EXPECT_EQ(read->compression, Compression::kSnappy);
  EXPECT_EQ(read->errors.size(), 2U);
}

TEST(LedgerCodec, RefusesEveryOtherLength) {
  const std::string value = encode_ledger_entry(sample_entry());
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode_ledger_entry(1, value.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_ledger_entry(1, value + '\0').has_value());
}

// The bytes of version 1, as docs/storage_format.md has values: no compression, no fates.
TEST(LedgerCodec, ReadsVersionOne) {
  storage::ValueWriter writer(1);
  writer.text("shard").text("1").text("2");
  for (const std::uint64_t n : {2, 20, 2, 0, 0, 0}) writer.u64(n);
  writer.text("lake").text("key").u64(20).u64(15).i64(1).i64(2).i64(3).u64(0);
  const auto read = decode_ledger_entry(9, writer.take());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->delivered, 2U);
  EXPECT_EQ(read->key, "key");
  EXPECT_TRUE(read->fates.empty());
}

class LedgerFates : public Harness, public testing::Test {
 protected:
  void SetUp() override { open(); }
};

// The pieces of an object that the ledger says are delivered, cut out of it.
std::vector<std::string> pieces_of(const LedgerEntry& entry, std::string_view body) {
  std::vector<std::string> pieces;
  for (const RecordFate& fate : entry.fates) {
    if (fate.fate != Fate::kDelivered) continue;
    pieces.emplace_back(body.substr(0, fate.mark.bytes));
    EXPECT_EQ(crc32(pieces.back()), fate.mark.crc);
    body.remove_prefix(fate.mark.bytes);
  }
  EXPECT_TRUE(body.empty());
  return pieces;
}

// Deduced from the ledger's promise: what each record became, in the order of the records.
TEST_F(LedgerFates, AreThoseOfTheTransform) {
  auto input = from_kinesis();
  with_lambda(input, "arn:aws:lambda:us-east-1:000000000000:function:penstock-unmarshal");
  create(std::move(input));
  const std::string good = R"({"eventName":"INSERT","dynamodb":{"Keys":{"id":{"N":"1"}}}})";
  kinesis.page = 10;
  for (const std::string& data : {good, std::string("no change"), good}) kinesis.put(data);
  ASSERT_TRUE(settled(3));
  std::vector<Fate> fates;
  for (const LedgerEntry& entry : entries()) {
    ASSERT_EQ(entry.fates.size(), entry.records);
    for (const RecordFate& fate : entry.fates) {
      fates.push_back(fate.fate);
      if (fate.fate != Fate::kFailed) continue;
      const std::string key = entry.errors.at(fate.error_object).key;
      for (const FakeObject& object : objects()) {
        if (object.key == key) EXPECT_EQ(mark_of(object.body), fate.mark);
      }
    }
    for (const FakeObject& object : objects()) {
      if (object.key == entry.key) pieces_of(entry, object.body);
    }
  }
  EXPECT_THAT(fates, testing::ElementsAre(Fate::kDelivered, Fate::kFailed, Fate::kDelivered));
}

TEST_F(LedgerFates, AreKeptWithoutATransform) {
  create(direct());
  put_direct("one");
  put_direct("");
  put_direct("three");
  ASSERT_TRUE(settled(3));
  std::string all;
  for (const LedgerEntry& entry : entries()) {
    EXPECT_EQ(entry.fates.size(), entry.records);
    for (const FakeObject& object : objects()) {
      if (object.key != entry.key) continue;
      for (const std::string& piece : pieces_of(entry, object.body)) all += piece + "|";
    }
  }
  EXPECT_THAT(all, testing::AllOf(testing::HasSubstr("one|"), testing::HasSubstr("three|")));
}

// A batch that is done again after a stop: what an error object held before is still said of it.
TEST_F(LedgerFates, SurviveARedo) {
  std::atomic<bool> second_run = false, was_refused = false;
  const std::string change = R"({"dynamodb":{"Keys":{"id":{"N":"1"}}}})";
  lambda.answer = [](std::string) -> protocol::ApiResult<lambda::api::InvocationResponse> {
    return protocol::refuse("ResourceNotFoundException", "never called", 404);
  };
  refusal = [&](const std::string& key) -> std::optional<protocol::ApiError> {
    if (second_run || key.starts_with("processing-failed/")) return std::nullopt;
    was_refused = true;
    return protocol::ApiError("ServiceUnavailable", "later", 503);
  };
  kinesis.page = 10;
  auto input = from_kinesis();
  with_lambda(input, "arn:aws:lambda:us-east-1:000000000000:function:penstock-unmarshal");
  input.extended_s3_destination_configuration->buffering_hints->interval_in_seconds = 1;
  create(std::move(input));
  for (const std::string& data : {std::string("no change"), change}) kinesis.put(data);
  ASSERT_TRUE(eventually([&] { return stats(*service)[0].buffered_records == 2; }));
  clock.advance(std::chrono::seconds(2));
  ASSERT_TRUE(eventually([&] { return was_refused.load(); }));
  close();
  second_run = true;
  open();
  ASSERT_TRUE(settled(2));
  const std::vector<LedgerEntry> all = entries();
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].fates.size(), 2U);
  EXPECT_EQ(all[0].fates[0].fate, Fate::kFailed);
  EXPECT_EQ(all[0].fates[1].fate, Fate::kDelivered);
  for (const FakeObject& object : objects()) {
    const RecordFate& fate = all[0].fates[object.key == all[0].key ? 1 : 0];
    EXPECT_EQ(mark_of(object.body), fate.mark) << object.key;
  }
}

TEST_F(LedgerFates, EndOfTheLedgerIsItsNewestEntry) {
  create(direct());
  EXPECT_EQ(ledger_end(*service, {context.account, context.region}, "s").value(), 0U);
  put_direct("one");
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(ledger_end(*service, {context.account, context.region}, "s").value(),
            entries().back().number);
}

}  // namespace
}  // namespace penstock::firehose
