// What functions answer and what streams carry: no input aborts, every record gets one verdict, and
// an unmarshalled record is JSON.
#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/firehose/transform_contract.h"
#include "services/firehose/unmarshal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::firehose;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<SourceRecord> records(2);
  records[0].sequence_number = "1";
  records[1].sequence_number = "2";
  const EventHeader header{.kinesis_arn = "arn"};
  CHECK(judge_response(header, records, text).size() == 2);
  std::string out;
  if (append_unmarshalled(out, text)) {
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    const auto error = parser.parse(out).get(document);
    // Numbers of DynamoDB have up to 38 digits: JSON, but more than simdjson reads.
    CHECK(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR);
  } else {
    CHECK(out.empty());
  }
  return 0;
}
