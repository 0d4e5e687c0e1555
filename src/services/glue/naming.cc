// Table names after the developer guide, "What happens when a crawler runs".
#include "services/glue/naming.h"

#include "base/bytes.h"

namespace penstock::glue {
namespace {

constexpr std::size_t kTableNameBytesMax = 128;

std::string sanitized(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    out += kept ? c : '_';
  }
  return out;
}

}  // namespace

std::string table_name(std::string_view prefix, std::string_view bucket, std::string_view root) {
  std::string_view path = root;
  if (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  std::string name = sanitized(prefix) + sanitized(path.empty() ? bucket : path);
  if (name.size() > kTableNameBytesMax) name.resize(kTableNameBytesMax);
  return name;
}

std::string free_table_name(const std::string& name, std::string_view location,
                            const std::function<bool(const std::string&)>& is_taken) {
  if (!is_taken(name)) return name;
  const std::string suffix = "_" + to_hex(md5(location));
  std::string renamed = name.substr(0, kTableNameBytesMax - suffix.size()) + suffix;
  return renamed;
}

}  // namespace penstock::glue
