// Which classifier takes what: compression, Parquet, Avro, and the order of custom classifiers.
#include "services/glue/classify.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/bytes.h"
#include "services/glue/avro_schema.h"
#include "services/glue/compression.h"
#include "services/glue/parquet_schema.h"

namespace penstock::glue {
namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string columns_of(const FileSchema& schema) {
  std::string out;
  for (const HiveField& column : schema.columns) {
    if (!out.empty()) out += ' ';
    out += column.name + ":" + to_string(column.type);
  }
  return out;
}

TEST(Classify, GzipIsTransparent) {
  const std::string bytes =
      gzip("{\"a\":1}\n") + gzip("{\"b\":2}\n");  // Members follow each other.
  const Classified result = classify(bytes, bytes.size(), {});
  EXPECT_EQ(result.schema.classification, "json");
  EXPECT_EQ(result.schema.compression, "gzip");
  EXPECT_EQ(columns_of(result.schema), "a:int b:int");
}

TEST(Classify, ThePrefixOfAGzipFileIsEnough) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "{\"id\":" + std::to_string(i * 7919 % 65'536) + "}\n";
  const std::string bytes = gzip(text);
  const std::string head = bytes.substr(0, bytes.size() / 2);
  const Classified result = classify(head, bytes.size(), {});
  EXPECT_EQ(result.schema.classification, "json");
  EXPECT_GT(result.schema.records, 1000U);
}

TEST(Classify, BrokenGzipIsUnknown) {
  const std::string bytes = std::string("\x1f\x8b") + "not really";
  const Classified result = classify(bytes, bytes.size(), {});
  EXPECT_EQ(result.schema.classification, "UNKNOWN");
  EXPECT_FALSE(result.note.empty());
}

TEST(Classify, OtherCompressionsAreNamed) {
  EXPECT_EQ(compression_of("BZh91AY"), "bzip2");
  EXPECT_EQ(compression_of("\x28\xb5\x2f\xfd"), "zstd");
  EXPECT_EQ(compression_of("{}"), "none");
  EXPECT_EQ(classify("BZh91AY", 7, {}).schema.classification, "UNKNOWN");
}

TEST(Classify, CustomClassifiersComeFirstAndMayPass) {
  CustomClassifier miss{"miss", "$.nothing", *parse_json_paths("$.nothing"), std::nullopt};
  CustomClassifier hit{"hit", "$[*]", *parse_json_paths("$[*]"), std::nullopt};
  const std::string bytes = R"([{"a":1}])";
  EXPECT_EQ(columns_of(classify(bytes, bytes.size(), {miss}).schema), "array:array<struct<a:int>>");
  const Classified result = classify(bytes, bytes.size(), {miss, hit});
  EXPECT_EQ(columns_of(result.schema), "a:int");
  EXPECT_EQ(result.schema.json_path, "$[*]");
}

// FileMetaData by hand, after parquet.thrift: version, schema with a root of 3, num_rows 5.
TEST(Classify, ParquetFooter) {
  std::string footer;
  const auto text = [](std::string_view s) {
    return std::string(1, static_cast<char>(s.size())) + std::string(s);
  };
  footer += "\x15\x02";                                                 // 1: i32 1
  footer += "\x19\x4c";                                                 // 2: list of 4 structs
  footer += "\x48" + text("root") + "\x15\x06" + std::string(1, '\0');  // name(4), children(5)=3
  footer +=
      "\x15\x04\x25\x02\x18" + text("Id") + std::string(1, '\0');  // type(1)=INT64, optional, name
  footer +=
      "\x15\x0c\x25\x02\x18" + text("n") + "\x25" + std::string(1, '\0') + std::string(1, '\0');
  footer +=
      "\x15\x02\x25\x02\x18" + text("d") + "\x25\x0c" + std::string(1, '\0');  // INT32, DATE(6)
  footer += "\x16\x0a" + std::string(1, '\0');                                 // 3: i64 5, stop
  const Result<FileSchema> schema = parquet_schema(footer);
  ASSERT_TRUE(schema.has_value()) << schema.error().message;
  EXPECT_EQ(columns_of(*schema), "id:bigint n:string d:date");
  EXPECT_EQ(schema->records, 5U);

  EXPECT_EQ(parquet_footer_length(std::string("\x10\x00\x00\x00PAR1", 8)), 16U);
  EXPECT_FALSE(parquet_footer_length("12345678").has_value());
  for (std::size_t cut = 0; cut < footer.size(); ++cut) {
    EXPECT_FALSE(parquet_schema(footer.substr(0, cut)).has_value()) << cut;
  }
}

TEST(Classify, AvroHeader) {
  const std::string literal =
      R"({"type":"record","name":"r","fields":[{"name":"Id","type":"long"},)"
      R"({"name":"t","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},)"
      R"({"name":"l","type":{"type":"array","items":"string"}}]})";
  std::string head("Obj\x01\x02", 5);
  const auto bytes = [](std::string_view s) {
    std::string out;
    for (std::uint64_t n = s.size() * 2;; n >>= 7) {
      out += static_cast<char>((n & 0x7F) | (n > 0x7F ? 0x80 : 0));
      if (n <= 0x7F) break;
    }
    return out + std::string(s);
  };
  head += bytes("avro.schema") + bytes(literal) + std::string(1, '\0');
  const Result<FileSchema> schema = avro_schema(head);
  ASSERT_TRUE(schema.has_value()) << schema.error().message;
  EXPECT_EQ(columns_of(*schema), "id:bigint t:timestamp l:array<string>");
  EXPECT_EQ(schema->avro_schema, literal);
  EXPECT_FALSE(avro_schema(head.substr(0, 40)).has_value());
}

// Deduced: a block of -2^63 entries has no positive count.
TEST(Classify, AvroHeaderWithABlockBeyondAllNumbers) {
  const std::string count = std::string(9, '\xFF') + "\x01";
  EXPECT_FALSE(avro_schema("Obj\x01" + count + std::string(1, '\0')).has_value());
}

}  // namespace
}  // namespace penstock::glue
