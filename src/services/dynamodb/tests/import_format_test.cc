// The formats that imports read. Expectations: the developer guide (S3DataImport.Format) where a
// line says documented, else deduced.
#include "services/dynamodb/import_format.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "services/dynamodb/ion.h"
#include "services/dynamodb/jobs.h"
#include "services/dynamodb/tests/items.h"
#include "services/dynamodb/unpacker.h"

namespace penstock::dynamodb {
namespace {

struct CsvCase {
  std::string_view record;
  char delimiter;
  std::vector<std::string> fields;  // Empty: refused.
};

TEST(ImportFormat, CsvRecords) {
  const std::vector<CsvCase> cases = {
      {"a,b,c", ',', {"a", "b", "c"}},
      {"a,,", ',', {"a", "", ""}},
      {"", ',', {""}},
      {"a|b,c", '|', {"a", "b,c"}},
      {R"("a,b",c)", ',', {"a,b", "c"}},
      {"\"a\nb\",c", ',', {"a\nb", "c"}},
      {R"("a ""b""",c)", ',', {"a \"b\"", "c"}},
      {R"("",c)", ',', {"", "c"}},
      // Documented: fails, and the way that works.
      {R"(id,value "123",Women's Full Lenth Dress)", ',', {}},
      {R"(id,value """123""",Women's Full Lenth Dress)",
       ',',
       {"id", "value \"123\"", "Women's Full Lenth Dress"}},
      {R"("a"b,c)", ',', {}},
      {R"("a)", ',', {}},
  };
  for (const CsvCase& one : cases) {
    SCOPED_TRACE(one.record);
    const auto fields = parse_csv_record(one.record, one.delimiter);
    ASSERT_EQ(fields.has_value(), !one.fields.empty());
    if (fields) EXPECT_EQ(*fields, one.fields);
  }
}

std::string shown(const std::optional<ParsedItem>& parsed) {
  if (!parsed) return "nothing";
  if (*parsed) return json_of(**parsed);
  return ((*parsed).error().ends_object ? "end: " : "bad: ") + (*parsed).error().message;
}

TEST(ImportFormat, CsvItemsHaveStringsAndTypedKeys) {
  const auto format = make_csv_format(
      {.headers = {}}, {{"n", AttributeValue::Type::kN}, {"b", AttributeValue::Type::kB}});
  format->begin_object();
  EXPECT_EQ(shown(format->read("id,n,b,v")), "nothing");
  // Documented: all but keys are strings.
  EXPECT_EQ(shown(format->read("x,1.50,AAE=,7")),
            R"({"b":{"B":"AAE="},"id":{"S":"x"},"n":{"N":"1.5"},"v":{"S":"7"}})");
  EXPECT_EQ(shown(format->read("")), "nothing");
  EXPECT_EQ(shown(format->read("x,one,AAE=,7")),
            "bad: The parameter cannot be converted to a numeric value: one");
  EXPECT_EQ(shown(format->read("x,1,AAE=")),
            "bad: The line has 3 columns, and there are 4 headers");
  EXPECT_EQ(shown(format->read("x,1,?,7")), "bad: A binary key is not valid base64");
  EXPECT_EQ(shown(format->read("x,\"1\"2,AAE=,7")), "end: A double quote is not escaped");
  format->begin_object();
  EXPECT_EQ(shown(format->read("id,id")), "end: The header id is there twice");
  // Documented: with a header list, the first line is data.
  const auto listed = make_csv_format({.delimiter = ';', .headers = {"id", "v"}}, {});
  listed->begin_object();
  EXPECT_EQ(shown(listed->read("a;b")), R"({"id":{"S":"a"},"v":{"S":"b"}})");
}

TEST(ImportFormat, JsonLines) {
  const auto format = make_json_format();
  EXPECT_EQ(shown(format->read(R"({"Item":{"p":{"S":"x"},"n":{"N":"01"}}})")),
            R"({"n":{"N":"1"},"p":{"S":"x"}})");
  EXPECT_EQ(shown(format->read("   ")), "nothing");
  EXPECT_EQ(shown(format->read(R"({"NotAnItem":{"p":{"S":"x"}}})")),
            "end: The line has no member Item");
  EXPECT_EQ(shown(format->read(R"({"Item": )")), "end: The line is not valid JSON");
  EXPECT_EQ(shown(format->read(R"({"Item":{"":{"S":"x"}}})")), "end: An attribute name is empty");
  EXPECT_EQ(shown(format->read(R"({"Item":{"n":{"N":"x"}}})")),
            "bad: The parameter cannot be converted to a numeric value: x");
}

TEST(ImportFormat, IonLines) {
  const auto format = make_ion_format();
  // Documented, with the types of the guide's table.
  EXPECT_EQ(
      shown(format->read(
          R"($ion_1_0 {Item:{Authors:$dynamodb_SS::["Author1","Author2"],Id:103.,InPublication:false,PageCount:6d2,Price:2d3,'a b':{{AAE=}},l:[1,"x",null],m:{k:-1.5e-3}}})")),
      R"({"Authors":{"SS":["Author1","Author2"]},"Id":{"N":"103"},"InPublication":{"BOOL":false},)"
      R"("PageCount":{"N":"600"},"Price":{"N":"2000"},"a b":{"B":"AAE="},)"
      R"("l":{"L":[{"N":"1"},{"S":"x"},{"NULL":true}]},"m":{"M":{"k":{"N":"-0.0015"}}}})");
  EXPECT_EQ(shown(format->read("$ion_1_0")), "nothing");
  EXPECT_EQ(shown(format->read("{Item:{a:2020-01-01T}}")), "end: The line is not valid Ion text");
  EXPECT_EQ(shown(format->read("{Item:{a:symbol}}")), "end: The line is not valid Ion text");
  EXPECT_EQ(shown(format->read("{Other:{}}")), "end: The line has no member Item");
  EXPECT_EQ(shown(format->read("{Item:{a:1e200}}")),
            "bad: Number overflow. Attempting to store a number with magnitude larger than "
            "supported range");
}

TEST(ImportFormat, IonRoundTrip) {
  const AttributeMap item = item_of(
      R"({"s":{"S":"q\" b\\ n\n t\t é 日本 \u0001 '"},"n":{"NS":["0","-17.5","0.000000000000000000000000000001","11111111111111111111111111111111111111","123000"]},)"
      R"("b":{"BS":["AA==","AQ=="]},"null":{"NULL":true},"$x":{"BOOL":true},"1a":{"L":[{"M":{}},{"L":[]},{"S":""}]}})");
  std::string line = "$ion_1_0 {Item:";
  append_ion_map(line, item);
  line += "}";
  const auto back = parse_ion_item(line);
  ASSERT_TRUE(back.has_value()) << line << back.error().message;
  EXPECT_EQ(json_of(*back), json_of(item)) << line;
}

std::vector<std::string> split(const std::vector<std::string>& pieces, bool with_quotes) {
  std::vector<std::string> records;
  RecordSplitter splitter(with_quotes);
  const auto visit = [&records](std::string_view record) {
    records.emplace_back(record);
    return true;
  };
  for (const std::string& piece : pieces) EXPECT_TRUE(splitter.add(piece, visit));
  EXPECT_TRUE(splitter.finish(visit));
  return records;
}

TEST(ImportFormat, RecordsAcrossPieces) {
  using Records = std::vector<std::string>;
  EXPECT_EQ(split({"a\nb", "c\r\n", "\nd"}, false), (Records{"a", "bc", "", "d"}));
  EXPECT_EQ(split({"a,\"x", "\ny\"\nb\n"}, true), (Records{"a,\"x\ny\"", "b"}));
  EXPECT_EQ(split({"\"a\nb\"\n"}, false), (Records{"\"a", "b\""}));
  RecordSplitter splitter(false);
  const std::string long_piece(kImportRecordBytesMax, 'x');
  const auto visit = [](std::string_view) { return true; };
  EXPECT_TRUE(splitter.add(long_piece, visit));
  EXPECT_FALSE(splitter.add("x", visit));
  EXPECT_TRUE(splitter.too_long());
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// The text, or the error's message; fed in pieces of `size`, taken in bits of 7 bytes.
std::string unpacked(Packing packing, const std::string& bytes, std::size_t size) {
  auto unpacker = make_unpacker(packing);
  EXPECT_TRUE(unpacker.has_value());
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    (*unpacker)->give(bytes.substr(at, size));
    for (bool more = true; more;) {
      const auto taken = (*unpacker)->take(out, 7);
      if (!taken) return taken.error().message;
      more = *taken;
    }
  }
  const Status whole = (*unpacker)->finish();
  return whole ? out : whole.error().message;
}

TEST(ImportFormat, Unpacking) {
  const std::string text = "the first line\nand the second, " + std::string(500, 'x');
  for (const std::size_t size : {1U, 13U, 100'000U}) {
    EXPECT_EQ(unpacked(Packing::kNone, text, size), text);
    EXPECT_EQ(unpacked(Packing::kGzip, gzip(text), size), text);
    EXPECT_EQ(unpacked(Packing::kGzip, gzip(text) + gzip("more"), size), text + "more");
    EXPECT_EQ(unpacked(Packing::kZstd, zstd(text), size), text);
    EXPECT_EQ(unpacked(Packing::kZstd, zstd(text) + zstd("more"), size), text + "more");
    const std::string cut = gzip(text);
    EXPECT_EQ(unpacked(Packing::kGzip, cut.substr(0, cut.size() - 4), size),
              "the gzip data ends too early");
    const std::string cut_zstd = zstd(text);
    EXPECT_EQ(unpacked(Packing::kZstd, cut_zstd.substr(0, cut_zstd.size() - 2), size),
              "the zstd data ends too early");
    EXPECT_EQ(unpacked(Packing::kGzip, text, size), "the data is not valid gzip");
    EXPECT_EQ(unpacked(Packing::kZstd, text, size), "the data is not valid zstd");
  }
  EXPECT_EQ(unpacked(Packing::kGzip, "", 1), "");
}

TEST(Jobs, Tokens) {
  const std::string arn = "arn:aws:dynamodb:us-east-1:123456789012:table/abc/import/01-2";
  const std::string token = make_job_token(arn);
  EXPECT_EQ(token.size() % 16, 0U);  // The pattern of the model.
  EXPECT_GE(token.size(), 112U);
  EXPECT_EQ(read_job_token(token), arn);
  EXPECT_EQ(read_job_token(std::string(112, '0')), std::nullopt);
  EXPECT_EQ(read_job_token("xyz"), std::nullopt);
}

TEST(Jobs, Arns) {
  EXPECT_TRUE(is_job_arn("arn:aws:dynamodb:us-east-1:123456789012:table/abc/import/0-1", "import"));
  EXPECT_FALSE(is_job_arn("arn:aws:dynamodb:us-east-1:123456789012:table/x/import/0-1", "import"));
  EXPECT_FALSE(is_job_arn("arn:aws:dynamodb:us-east-1:123456789012:table/abc", "import"));
  EXPECT_FALSE(
      is_job_arn("arn:aws:dynamodb:us-east-1:123456789012:table/abc/export/0-1", "import"));
}

}  // namespace
}  // namespace penstock::dynamodb
