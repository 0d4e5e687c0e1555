// CBOR bodies against the member tables. Requests as Java's SDKs write them (recorded forms: maps
// of unstated length, tag 1 before milliseconds), the forms of RFC 8949 that other writers choose
// (documented), and what is refused. The words of type errors are those of the JSON form (deduced).
#include "protocol/cbor_codec.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "gen/kinesis/model.h"

namespace penstock::protocol {
namespace {

using kinesis::api::GetRecordsInput;
using kinesis::api::GetRecordsOutput;
using kinesis::api::GetShardIteratorInput;
using kinesis::api::PutRecordInput;
using kinesis::api::PutRecordsInput;

template <typename T>
ApiResult<T> from_cbor(std::string_view hex, Missing& missing) {
  T value;
  TRY_VOID(decode_cbor(T::shape(), *from_hex(hex), &value, missing));
  return value;
}

// Spaces between items are for the reader.
std::string joined(std::string_view spaced) {
  std::string hex;
  for (const char c : spaced) {
    if (c != ' ') hex += c;
  }
  return hex;
}

TEST(CborCodec, DecodesWhatJavaWrites) {
  // {_ "StreamName": "s", "Data": h'00ff', "PartitionKey": "k"}
  Missing missing;
  const auto decoded = from_cbor<PutRecordInput>(
      joined("bf 6a53747265616d4e616d65 6173 6444617461 4200ff 6c506172746974696f6e4b6579 616b ff"),
      missing);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->stream_name, "s");
  EXPECT_EQ(decoded->data.bytes, std::string("\x00\xff", 2));
  EXPECT_EQ(decoded->partition_key, "k");
  EXPECT_TRUE(missing.paths.empty());
}

TEST(CborCodec, DecodesListsOfBothKinds) {
  // "Records" of two: a map of stated and one of unstated length; strings in chunks.
  for (const char* list : {"82 a2 6444617461 4161 6c506172746974696f6e4b6579 6131"
                           "   bf 6444617461 5f 4162 40 4163 ff 6c506172746974696f6e4b6579"
                           " 7f 61 32 60 61 33 ff ff",
                           "9f a2 6444617461 4161 6c506172746974696f6e4b6579 6131 f6"
                           "   bf 6444617461 5f 426263 ff 6c506172746974696f6e4b6579"
                           " 623233 ff ff"}) {
    Missing missing;
    const auto decoded = from_cbor<PutRecordsInput>(
        joined(std::string("a2 6a53747265616d4e616d65 6173 675265636f726473 ") + list), missing);
    ASSERT_TRUE(decoded.has_value()) << list;
    ASSERT_EQ(decoded->records.size(), 2U);
    EXPECT_EQ(decoded->records[0].data.bytes, "a");
    EXPECT_EQ(decoded->records[1].data.bytes, "bc");
    EXPECT_EQ(decoded->records[1].partition_key, "23");
  }
}

struct Moment {
  std::string_view item;
  std::int64_t millis;
};

TEST(CborCodec, TakesTimestampsOfEveryForm) {
  const Moment moments[] = {
      {"c1 1b 0000018bcfe56800", 1'700'000'000'000},  // Tag 1, integer: the SDKs' milliseconds.
      {"1b 0000018bcfe56800", 1'700'000'000'000},
      {"c1 fb 41d954fc4007df3b", 1'700'000'000'123},  // Tag 1, double: RFC 8949's seconds.
      {"c1 fa 3fc00000", 1'500},                      // Single,
      {"c1 f9 3e00", 1'500},                          // and half precision.
      {"fb 4278bcfe56800000", 1'700'000'000'000},     // Untagged: milliseconds.
      {"20", -1},
      {"00", 0},
      {"d9 0999 c1 18 64", 100},  // Other tags say nothing.
  };
  for (const Moment& moment : moments) {
    SCOPED_TRACE(moment.item);
    Missing missing;
    const auto decoded = from_cbor<GetShardIteratorInput>(
        joined(std::string("a1 6954696d657374616d70 ") + std::string(moment.item)), missing);
    ASSERT_TRUE(decoded.has_value());
    ASSERT_TRUE(decoded->timestamp.has_value());
    EXPECT_EQ(decoded->timestamp->millis(), moment.millis);
  }
}

TEST(CborCodec, TakesNumbersOfEveryForm) {
  for (const char* item :
       {"18 64", "19 0064", "1a 00000064", "1b 0000000000000064", "fb 4059000000000000",
        "fa 42c80000", "f9 5640", "fb 40593d70a3d70a3d"}) {
    SCOPED_TRACE(item);
    Missing missing;
    const auto decoded =
        from_cbor<GetRecordsInput>(joined(std::string("a1 654c696d6974 ") + item), missing);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->limit, 100);  // Fractions are cut off, as in JSON.
    EXPECT_EQ(missing.paths, (std::vector<std::string>{"shardIterator"}));
  }
}

TEST(CborCodec, IgnoresNullsAndUnknownMembers) {
  // Unknown members of every type; null and undefined.
  Missing missing;
  const auto decoded = from_cbor<PutRecordInput>(
      joined("bf 6178 9f a1 6161 82 01 20 bf ff 5f 4100 ff 7f 6161 ff f5 f90000 c0 6130 ff"
             "   6444617461 f6 6a53747265616d4e616d65 f7 6c506172746974696f6e4b6579 616b ff"),
      missing);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_FALSE(decoded->stream_name.has_value());
  EXPECT_EQ(decoded->partition_key, "k");
  EXPECT_EQ(missing.paths, (std::vector<std::string>{"data"}));
}

struct Refused {
  std::string_view document;
  std::string_view message;
};

TEST(CborCodec, RefusesWrongTypesInKinesisWords) {
  const Refused refusals[] = {
      // StreamName: 1, 1.5, true, h'61', [1], {}
      {"a1 6a53747265616d4e616d65 01", "class java.lang.Long can not be converted to a String"},
      {"a1 6a53747265616d4e616d65 f93e00",
       "class java.lang.Double can not be converted to a String"},
      {"a1 6a53747265616d4e616d65 f5", "class java.lang.Boolean can not be converted to a String"},
      {"a1 6a53747265616d4e616d65 4161",
       "class java.lang.ByteBuffer can not be converted to a String"},
      {"a1 6a53747265616d4e616d65 8101", "Start of list found where not expected"},
      {"a1 6a53747265616d4e616d65 a0", "Start of structure or map found where not expected."},
      // Data: "YQ=="
      {"a1 6444617461 6459513d3d", "class java.lang.String can not be converted to a Blob"},
  };
  for (const Refused& refusal : refusals) {
    SCOPED_TRACE(refusal.document);
    Missing missing;
    const auto decoded = from_cbor<PutRecordInput>(joined(refusal.document), missing);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, "SerializationException");
    EXPECT_EQ(decoded.error().message, refusal.message);
  }
  Missing missing;
  const auto large = from_cbor<GetRecordsInput>(joined("a1 654c696d6974 1a 80000000"), missing);
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().message, "class java.lang.Long can not be converted to an Integer");
}

TEST(CborCodec, RefusesWhatIsNotCbor) {
  const std::string deep = "a1 6178 " + std::string(2 * 5000, '8');  // Lists of 8 lists of 8 …
  const std::string bottomless = "a1 6178 " + [] {
    std::string nested;
    for (int i = 0; i < 300; ++i) nested += "81";
    return nested + "00";
  }();
  const std::string_view documents[] = {
      "",
      "f6",
      "80",
      "01",
      "a0 00",                             // More behind the end.
      "a1",                                // Cut off …
      "a1 6a5374",                         // … inside a key,
      "a1 6a53747265616d4e616d65",         // … before a value,
      "a1 6a53747265616d4e616d65 6a5374",  // … inside a value,
      "bf 6a53747265616d4e616d65 6173",    // … without its end.
      "a1 01 02",                          // A key that is no text.
      "a1 ff 02",                          // An end inside a map of stated length,
      "a1 6178 ff",                        // … and in place of a value.
      "a1 6178 82 01 ff",
      "bf 6178 ff",
      "a1 6178 7f 4161 ff",                 // Chunks of the other type,
      "a1 6178 7f 7f 6161 ff ff",           // … and nested ones.
      "a1 6a53747265616d4e616d65 61ff",     // Not UTF-8.
      "a1 6444617461 5b 7fffffffffffffff",  // Lengths that cannot be.
      "a1 6444617461 5b ffffffffffffffff 00",
      "a1 6178 9b ffffffffffffffff 00",
      "bb ffffffffffffffff 6178 00",
      "a1 6178 1c",  // Reserved.
      "a1 6178 f8ff",
      "a1 6178 c1",  // A tag of nothing.
      deep,
      bottomless,
  };
  for (const std::string_view document : documents) {
    SCOPED_TRACE(document.substr(0, 80));
    Missing missing;
    const auto decoded = from_cbor<PutRecordInput>(joined(document), missing);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, "SerializationException");
    EXPECT_EQ(decoded.error().message, "");
  }
}

TEST(CborCodec, KeepsNoMoreOfAListThanItTakesToRefuseIt) {
  // A byte is enough for a structure here: {"Records": [{}, {}, …]}.
  std::string body = *from_hex("bf675265636f7264739f");
  body.append(1 << 20, '\xa0');
  body += "\xff\xff";
  PutRecordsInput input;
  Missing missing;
  ASSERT_TRUE(decode_cbor(PutRecordsInput::shape(), body, &input, missing).has_value());
  EXPECT_EQ(input.records.size(), 501U);
}

TEST(CborCodec, EncodesInTheShortestForms) {
  GetRecordsOutput output;
  output.millis_behind_latest = 70'000;
  output.next_shard_iterator = "it";
  auto& record = output.records.emplace_back();
  record.sequence_number = "1";
  record.data.bytes = std::string(300, 'x');
  record.partition_key = "é";
  record.approximate_arrival_timestamp = Timestamp::from_millis(1'700'000'000'123);
  std::string cbor;
  encode_cbor(GetRecordsOutput::shape(), &output, cbor);
  EXPECT_EQ(to_hex(cbor), joined("a3 675265636f726473 81 a4 6e53657175656e63654e756d626572 6131"
                                 " 781b417070726f78696d6174654172726976616c54696d657374616d70"
                                 " 1b0000018bcfe5687b 6444617461 59012c") +
                              to_hex(record.data.bytes) +
                              joined("6c506172746974696f6e4b6579 62c3a9"
                                     " 714e6578745368617264497465 7261746f72 626974"
                                     " 724d696c6c6973426568696e644c6174657374 1a00011170"));
  GetRecordsOutput again;
  Missing missing;
  ASSERT_TRUE(decode_cbor(GetRecordsOutput::shape(), cbor, &again, missing).has_value());
  EXPECT_EQ(again.records.at(0).data, record.data);
  EXPECT_EQ(again.records.at(0).approximate_arrival_timestamp,
            record.approximate_arrival_timestamp);
  EXPECT_EQ(again.millis_behind_latest, 70'000);
}

TEST(CborCodec, EncodesErrors) {
  EXPECT_EQ(to_hex(encode_cbor_error(ApiError("A", "b"), "message")),
            joined("a2 665f5f74797065 6141 676d657373616765 6162"));
  EXPECT_EQ(to_hex(encode_cbor_error(ApiError("A", ""), "message")),
            joined("a1 665f5f74797065 6141"));
}

}  // namespace
}  // namespace penstock::protocol
