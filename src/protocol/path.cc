// The text form of a Path.
#include "protocol/path.h"

namespace penstock::protocol {

std::string Path::text() const {
  std::string out = parent != nullptr ? parent->text() : std::string();
  if (name.empty() && index == 0) return out;
  if (!out.empty()) out += '.';
  if (index != 0) {
    out += std::to_string(index) + ".member";
  } else if (is_key) {
    out += name;
    out += ".member";
  } else {
    out += name;
    char& first = out[out.size() - name.size()];
    if (first >= 'A' && first <= 'Z') first = static_cast<char>(first + 32);
  }
  return out;
}

}  // namespace penstock::protocol
