// The past of a table that has a journal: its items as they were, and what changed between two
// moments. A moment is a place in the journal (journal_position), which every reader, also one
// after a crash, understands alike.
//
// Memory is bounded: at most kPastKeyBytesMax of changed keys are held at a time. When more keys
// than that changed, the key space is read in several parts, and the journal once for each. All of
// it blocks on the disk. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "services/dynamodb/change.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {

struct PastOptions {
  std::string from;  // Begin at this key of the store; empty: at the first.
  std::size_t key_bytes_max = kPastKeyBytesMax;
};

// Where to read; the table itself need not exist any more.
struct PastSource {
  std::uint32_t items = 0;    // The table's number.
  std::uint32_t journal = 0;  // Its journal's number; 0: none, the items as they are.
  KeySchema keys;
};
PastSource past_source(const Table& table);

namespace detail {
// The first and the last record of each key that was changed in (after, through], as far as they
// fit.
class ChangedKeys {
 public:
  struct Span {
    std::uint64_t first = 0, last = 0;
  };
  // Keys from `from` on.
  Status collect(Service& service, const PastSource& source, const storage::Snapshot& snapshot,
                 std::uint64_t after, std::uint64_t through, const std::string& from,
                 std::size_t bytes_max);
  std::map<std::string, Span> keys;
  std::string bound;  // Keys from here on did not fit; empty: all did.
};
}  // namespace detail

// The items at a moment.
class PastItems {
 public:
  // Fixes what is seen. Everything after `position` is undone.
  PastItems(Service& service, PastSource source, std::uint64_t position, PastOptions options = {});

  // Shows the items in key order, each once over all calls, until `visit` says kStop. False: that
  // were all. `item` is in stored form (decode_item).
  using Visit = std::function<storage::Next(std::string_view key, std::string_view item)>;
  Result<bool> read(const Visit& visit);

 private:
  Result<bool> read_part(const Visit& visit);
  // Shows what the changed key was. Stops at the visitor's wish.
  Result<storage::Next> show_changed(const std::string& key, std::uint64_t record,
                                     const Visit& visit);
  Result<storage::Next> show_changed_below(std::string_view key, bool to_end, const Visit& visit);

  Service& service_;
  PastSource source_;
  std::uint64_t position_;
  PastOptions options_;
  storage::Snapshot snapshot_;
  std::string from_;  // Keys below were shown.
  detail::ChangedKeys changed_;
  bool collected_ = false;
  bool done_ = false;
};

// An item that was written between two moments: what it was at the first and at the second.
struct ChangedItem {
  AttributeMap keys;
  std::optional<AttributeMap> before, after;
  Timestamp written;  // Last.
};

// The items that were written in (after, through], once each, in key order.
class PastChanges {
 public:
  PastChanges(Service& service, PastSource source, std::uint64_t after, std::uint64_t through,
              PastOptions options = {});
  using Visit = std::function<storage::Next(ChangedItem)>;
  // As PastItems::read.
  Result<bool> read(const Visit& visit);

 private:
  Result<ChangedItem> load(const detail::ChangedKeys::Span& span);

  Service& service_;
  PastSource source_;
  std::uint64_t after_, through_;
  PastOptions options_;
  storage::Snapshot snapshot_;
  std::string from_;
  detail::ChangedKeys changed_;
  bool collected_ = false;
  bool done_ = false;
};

}  // namespace penstock::dynamodb
