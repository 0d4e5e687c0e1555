// Translates pattern letters; text between them is kept.

#include "sql/date_pattern.h"

#include <utility>

namespace penstock::sql {

std::optional<std::string> mysql_to_strftime(std::string_view pattern) {
  static constexpr std::pair<char, std::string_view> kFields[] = {
      {'Y', "%Y"}, {'y', "%y"},         {'m', "%m"}, {'c', "%-m"}, {'M', "%B"},  {'b', "%b"},
      {'d', "%d"}, {'e', "%-d"},        {'j', "%j"}, {'H', "%H"},  {'k', "%-H"}, {'h', "%I"},
      {'I', "%I"}, {'l', "%-I"},        {'i', "%M"}, {'s', "%S"},  {'S', "%S"},  {'f', "%f"},
      {'p', "%p"}, {'W', "%A"},         {'a', "%a"}, {'v', "%V"},  {'x', "%G"},  {'T', "%H:%M:%S"},
      {'%', "%%"}, {'r', "%I:%M:%S %p"}};
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
      continue;
    }
    if (++i >= pattern.size()) return std::nullopt;
    bool known = false;
    for (const auto& [field, text] : kFields) {
      if (field != pattern[i]) continue;
      out += text;
      known = true;
    }
    // Trino refuses the fields it does not know by name and takes any other letter as itself.
    if (!known) {
      if (std::string_view("DUuVwX").find(pattern[i]) != std::string_view::npos)
        return std::nullopt;
      out += pattern[i];
    }
  }
  return out;
}

std::optional<std::string> joda_to_strftime(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == '\'') {
      const std::size_t end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      if (end == i + 1) out += '\'';
      for (const char quoted : pattern.substr(i + 1, end - i - 1)) {
        out += quoted;
        if (quoted == '%') out += '%';
      }
      i = end + 1;
      continue;
    }
    if (!letter) {
      out += c;
      if (c == '%') out += '%';
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < pattern.size() && pattern[end] == c) ++end;
    const std::size_t count = end - i;
    i = end;
    const auto either = [&](const char* padded, const char* bare) {
      out += count > 1 ? padded : bare;
    };
    switch (c) {
      case 'y':
      case 'Y': out += count == 2 ? "%y" : "%Y"; break;
      case 'x': out += "%G"; break;
      case 'w': out += "%V"; break;
      case 'M':
        if (count > 3)
          out += "%B";
        else if (count == 3)
          out += "%b";
        else
          either("%m", "%-m");
        break;
      case 'd': either("%d", "%-d"); break;
      case 'D': out += count > 2 ? "%j" : "%-j"; break;
      case 'H': either("%H", "%-H"); break;
      case 'h': either("%I", "%-I"); break;
      case 'm': either("%M", "%-M"); break;
      case 's': either("%S", "%-S"); break;
      case 'S': out += count > 3 ? "%f" : "%g"; break;
      case 'a': out += "%p"; break;
      case 'E': out += count > 3 ? "%A" : "%a"; break;
      case 'e': out += "%u"; break;
      case 'Z': out += "%z"; break;
      case 'z': out += "%Z"; break;
      default: return std::nullopt;
    }
  }
  return out;
}

}  // namespace penstock::sql
