// No object makes a reader of imports abort, and an item that was written as Ion reads back as it
// was. The first byte chooses the format, the second how large the pieces are.
#include <string>

#include "base/check.h"
#include "services/dynamodb/import_format.h"
#include "services/dynamodb/ion.h"
#include "services/dynamodb/unpacker.h"

namespace {

using namespace penstock;
using namespace penstock::dynamodb;

void check_round_trip(const AttributeMap& item) {
  std::string line = "{Item:";
  append_ion_map(line, item);
  line += '}';
  const ParsedItem back = parse_ion_item(line);
  CHECK(back.has_value() && *back == item);
}

void read_all(ItemFormat& format, std::string_view text, std::size_t piece) {
  RecordSplitter splitter(format.has_quotes());
  format.begin_object();
  const auto visit = [&format](std::string_view record) {
    const auto parsed = format.read(record);
    if (!parsed) return true;
    if (*parsed) check_round_trip(**parsed);
    return *parsed || !parsed->error().ends_object;
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!splitter.add(text.substr(at, piece), visit)) return;
  }
  (void)splitter.finish(visit);
}

void unpack_all(Packing packing, std::string_view bytes, std::size_t piece) {
  auto unpacker = make_unpacker(packing);
  CHECK(unpacker.has_value());
  std::size_t total = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    (*unpacker)->give(std::string(bytes.substr(at, piece)));
    for (bool more = true; more;) {
      std::string out;
      const auto taken = (*unpacker)->take(out, 4'096);
      total += out.size();
      if (!taken || total > (4U << 20)) return;
      more = *taken;
    }
  }
  (void)(*unpacker)->finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = data[1] + 1U;
  switch (data[0] % 6) {
    case 0: read_all(*make_json_format(), text, piece); break;
    case 1: read_all(*make_ion_format(), text, piece); break;
    case 2: read_all(*make_csv_format({}, {{"n", AttributeValue::Type::kN}}), text, piece); break;
    case 3: read_all(*make_csv_format({';', {"n", "b"}}, {}), text, piece); break;
    case 4: unpack_all(Packing::kGzip, text, piece); break;
    default: unpack_all(Packing::kZstd, text, piece); break;
  }
  return 0;
}
