// The configuration file and what reconciliation reads of lines that others wrote: no text aborts,
// and every setting that was accepted can be shown and set again.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "server/options.h"
#include "server/reconcile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Options options;
  if (load_text(text, "penstock.toml", options)) {
    (void)check(options);
    for (const OptionRow& row : option_rows()) {
      Options again;
      const std::string shown = row.show(options);
      if (shown.empty()) continue;
      CHECK(set_option(again, row.name, shown));
      CHECK(row.show(again) == shown);
    }
  }
  (void)change_id_of(text);
  return 0;
}
