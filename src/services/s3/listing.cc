// The listing algorithm, tokens and the encoding of listed names.
#include "services/s3/listing.h"

#include <algorithm>

#include "base/bytes.h"
#include "storage/key.h"

namespace penstock::s3 {

ListPlan::ListPlan(ListQuery query) : query_(std::move(query)) {
  if (query_.max_keys == 0) return;
  seek_ = query_.prefix;
  if (query_.after.empty() || query_.after < query_.prefix) return;
  seek_ = query_.after + '\0';  // The smallest key that is greater.
  // A marker at or below a common prefix: that prefix is not greater than the marker, so none of
  // the keys it stands for are shown either.
  if (query_.delimiter.empty() || !query_.after.starts_with(query_.prefix)) return;
  const std::size_t at = query_.after.find(query_.delimiter, query_.prefix.size());
  if (at == std::string::npos) return;
  seek_beyond_prefix(std::string_view(query_.after).substr(0, at + query_.delimiter.size()));
}

void ListPlan::seek_beyond_prefix(std::string_view prefix) {
  std::string end = storage::prefix_end(prefix);
  if (end.empty()) {
    seek_.reset();  // All 0xFF: nothing can follow.
  } else {
    seek_ = std::move(end);
  }
}

ListPlan::Step ListPlan::offer(std::string_view key) {
  if (!key.starts_with(query_.prefix)) {
    seek_.reset();
    return Step::kDone;
  }
  if (entries() == query_.max_keys) {
    truncated_ = true;
    seek_.reset();
    return Step::kDone;
  }
  const std::size_t at = query_.delimiter.empty()
                             ? std::string_view::npos
                             : key.find(query_.delimiter, query_.prefix.size());
  if (at == std::string_view::npos) {
    ++keys_;
    last_entry_ = key;
    last_is_prefix_ = false;
    return Step::kTake;
  }
  common_prefixes_.emplace_back(key.substr(0, at + query_.delimiter.size()));
  last_entry_ = common_prefixes_.back();
  last_is_prefix_ = true;
  seek_beyond_prefix(last_entry_);
  return Step::kSeek;
}

namespace {

constexpr char kTokenVersion = '1';

std::string token_check(std::string_view scope, std::string_view last_entry) {
  const std::uint32_t crc = crc32(last_entry, crc32(scope));
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(crc >> shift);
  return bytes;
}

}  // namespace

std::string make_token(std::string_view scope, std::string_view last_entry) {
  std::string token(1, kTokenVersion);
  token += token_check(scope, last_entry);
  token += last_entry;
  return base64_encode(token);
}

std::optional<std::string> open_token(std::string_view scope, std::string_view token) {
  constexpr std::size_t kHead = 1 + 4;
  const std::optional<std::string> bytes = base64_decode(token);
  if (!bytes || bytes->size() < kHead || bytes->front() != kTokenVersion) return std::nullopt;
  std::string last_entry = bytes->substr(kHead);
  if (bytes->substr(1, 4) != token_check(scope, last_entry)) return std::nullopt;
  return last_entry;
}

std::string url_encode_listed(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.*/";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    }
  }
  return out;
}

}  // namespace penstock::s3
