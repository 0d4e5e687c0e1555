// Whatever a runtime sends, in whatever pieces: the parser and the session answer or give up, and a
// request that was read in one piece is read the same in two.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/lambda/log_lines.h"
#include "services/lambda/runtime_session.h"

namespace {

std::string read_all(std::string_view first, std::string_view second) {
  penstock::lambda::RequestParser parser(1024);
  penstock::lambda::RuntimeSession session;
  std::string seen;
  for (const std::string_view piece : {first, second}) {
    parser.feed(piece);
    while (auto request = parser.next()) {
      const auto step = session.handle(*request);
      if (step.event == penstock::lambda::RuntimeSession::Event::kWantsWork) session.assign("r1");
      seen += request->method + ' ' + request->path + ' ' + request->body + ' ' +
              std::to_string(step.status) + '\n';
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t cut = data[0] % (input.size() + 1);
  if (read_all(input, "") != read_all(input.substr(0, cut), input.substr(cut))) __builtin_trap();
  penstock::lambda::LogSplitter splitter;
  std::vector<std::string> events;
  splitter.feed(input.substr(0, cut), events);
  splitter.feed(input.substr(cut), events);
  splitter.flush(events);
  return 0;
}
