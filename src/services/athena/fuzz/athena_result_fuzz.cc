// Result objects, which their owner may overwrite, and page tokens: no bytes abort, and rows that
// are read are written and read again the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "services/athena/paging.h"
#include "services/athena/result_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::athena;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t at = 0;
  Cells cells;
  while (true) {
    const std::size_t before = at;
    if (!read_csv(text, at, cells)) break;
    CHECK(at > before && at <= size && !cells.empty());
    std::string written;
    append_csv(written, cells);
    std::size_t end = 0;
    Cells again;
    CHECK(read_csv(written, end, again) && end == written.size() && again == cells);
  }
  std::vector<std::string> names = {"a", "b", "c", "d"};
  const auto next = cut_page(names, std::string(text), 2, [](const std::string& s) { return s; });
  if (next) {
    CHECK(names.size() <= 2);
    CHECK(!*next || penstock::base64_decode(**next) == names.back());
  }
  return 0;
}
