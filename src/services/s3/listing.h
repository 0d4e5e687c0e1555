// Listing: which keys and common prefixes a page holds, and where the next one starts. Pure: the
// caller walks sorted keys and does what it is told.
//
//   ListPlan plan(query);
//   while (auto from = plan.next_seek()) {            // where to start walking
//     for each key >= *from in order: if (plan.offer(key) != Step::kNext) break;
//     or, when there are no more keys: plan.no_more_keys();
//   }
//
// An entry is a key, or a common prefix that stands for all keys below it. Entries are in byte
// order; a page holds those beyond the marker, at most max_keys. Keys below a prefix are never
// walked one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::s3 {

struct ListQuery {
  std::string prefix;
  std::string delimiter;  // Empty: none.
  std::string after;      // Entries must be greater; empty: from the start.
  std::size_t max_keys = 1000;
};

class ListPlan {
 public:
  enum class Step {
    kTake,  // The key is an entry of the page; take what is wanted of it and go on to the next key.
    kSeek,  // Stop walking; ask next_seek().
    kDone,  // The page is complete.
  };

  explicit ListPlan(ListQuery query);

  // The smallest key to look at next, or nullopt when the page is complete.
  const std::optional<std::string>& next_seek() const { return seek_; }
  // Requires: keys in order, none below next_seek().
  Step offer(std::string_view key);
  void no_more_keys() { seek_.reset(); }

  const std::vector<std::string>& common_prefixes() const { return common_prefixes_; }
  std::size_t entries() const { return keys_ + common_prefixes_.size(); }
  bool truncated() const { return truncated_; }
  // The last entry of the page: what the next page's `after` must be. Empty when there was none.
  const std::string& last_entry() const { return last_entry_; }
  bool last_entry_is_prefix() const { return last_is_prefix_; }

 private:
  void seek_beyond_prefix(std::string_view prefix);

  const ListQuery query_;
  std::optional<std::string> seek_;
  std::vector<std::string> common_prefixes_;
  std::size_t keys_ = 0;
  bool truncated_ = false;
  bool last_is_prefix_ = false;
  std::string last_entry_;
};

// Opaque continuation tokens, bound to the bucket and the prefix they were made for.
std::string make_token(std::string_view scope, std::string_view last_entry);
std::optional<std::string> open_token(std::string_view scope, std::string_view token);

// encoding-type=url: as forms are encoded, but '/' stays.
std::string url_encode_listed(std::string_view text);

}  // namespace penstock::s3
