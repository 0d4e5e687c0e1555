// Reading the past: a snapshot of the items merged with the first old image that the journal has of
// each key after the moment. Both are in key order, so the merge needs no memory beyond the keys.
#include "services/dynamodb/past.h"

#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;
using storage::Next;

// What a key costs in the map besides its bytes, about.
constexpr std::size_t kKeyOverheadBytes = 128;
constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

Result<std::string> load_record(Service& service, std::uint32_t journal, std::uint64_t sequence,
                                const storage::Snapshot& snapshot) {
  TRY(auto record,
      service.deps.store.get(Family::kChanges, change_key(journal, sequence), &snapshot));
  if (!record) return fail(ErrorKind::kCorrupt, "a record of the journal is missing");
  return std::move(*record);
}

}  // namespace

PastSource past_source(const Table& table) {
  return {.items = table.number,
          .journal = table.journal ? table.journal->number : 0,
          .keys = table.keys};
}

namespace detail {

Status ChangedKeys::collect(Service& service, const PastSource& source,
                            const storage::Snapshot& snapshot, std::uint64_t after,
                            std::uint64_t through, const std::string& from, std::size_t bytes_max) {
  keys.clear();
  bound.clear();
  if (source.journal == 0) return {};
  std::size_t bytes = 0;
  Status status;
  TRY_VOID(walk_journal(
      service, source.journal, after, through,
      [&](std::uint64_t sequence, const ChangeDraft& change) {
        const auto attributes = decode_item(change.keys);
        if (!attributes) {
          status = std::unexpected(attributes.error());
          return Next::kStop;
        }
        std::string key = item_key(source.items, source.keys, *attributes);
        if (key < from || (!bound.empty() && key >= bound)) return Next::kContinue;
        const auto [entry, is_new] = keys.try_emplace(std::move(key), Span{sequence, sequence});
        entry->second.last = sequence;
        if (is_new) bytes += entry->first.size() + kKeyOverheadBytes;
        // The greatest keys wait for the next part.
        while (bytes > bytes_max && keys.size() > 1) {
          const auto last = std::prev(keys.end());
          bytes -= last->first.size() + kKeyOverheadBytes;
          bound = last->first;
          keys.erase(last);
        }
        return Next::kContinue;
      },
      &snapshot));
  return status;
}

}  // namespace detail

PastItems::PastItems(Service& service, PastSource source, std::uint64_t position,
                     PastOptions options)
    : service_(service),
      source_(std::move(source)),
      position_(position),
      options_(std::move(options)),
      snapshot_(service.deps.store.snapshot()),
      from_(options_.from.empty() ? items_prefix(source_.items) : options_.from) {}

Result<bool> PastItems::read(const Visit& visit) {
  while (!done_) {
    if (!collected_) {
      TRY_VOID(changed_.collect(service_, source_, snapshot_, position_, kToTheEnd, from_,
                                options_.key_bytes_max));
      collected_ = true;
    }
    TRY(const bool stopped, read_part(visit));
    if (stopped) return true;
    if (changed_.bound.empty()) {
      done_ = true;
    } else {
      from_ = changed_.bound;
      collected_ = false;
    }
  }
  return false;
}

// True: the visitor stopped it.
Result<bool> PastItems::read_part(const Visit& visit) {
  const std::string end =
      changed_.bound.empty() ? storage::prefix_end(items_prefix(source_.items)) : changed_.bound;
  Status status;
  bool stopped = false;
  const auto merge = [&](std::string_view key, std::string_view item) {
    auto next = show_changed_below(key, false, visit);
    if (next && *next == Next::kContinue) {
      const auto changed = changed_.keys.begin();
      if (changed != changed_.keys.end() && changed->first == key) {
        const auto entry = changed_.keys.extract(changed);
        next = show_changed(entry.key(), entry.mapped().first, visit);
      } else {
        next = visit(key, item);
      }
      from_.assign(key).push_back('\0');
    }
    if (!next) status = std::unexpected(next.error());
    stopped = next && *next == Next::kStop;
    return next ? *next : Next::kStop;
  };
  TRY_VOID(service_.deps.store.scan(Family::kItems, from_, end, merge, {.snapshot = &snapshot_}));
  if (!status) return std::unexpected(status.error());
  if (stopped) return true;
  TRY(const Next next, show_changed_below({}, true, visit));
  return next == Next::kStop;
}

Result<Next> PastItems::show_changed_below(std::string_view key, bool to_end, const Visit& visit) {
  while (!changed_.keys.empty()) {
    const auto first = changed_.keys.begin();
    if (!to_end && first->first >= key) break;
    const auto entry = changed_.keys.extract(first);
    from_.assign(entry.key()).push_back('\0');
    TRY(const Next next, show_changed(entry.key(), entry.mapped().first, visit));
    if (next == Next::kStop) return next;
  }
  return Next::kContinue;
}

Result<Next> PastItems::show_changed(const std::string& key, std::uint64_t record,
                                     const Visit& visit) {
  TRY(const std::string bytes, load_record(service_, source_.journal, record, snapshot_));
  TRY(const ChangeDraft change, view_change(bytes));
  if (change.old_image.empty()) return Next::kContinue;  // It was not there yet.
  return visit(key, change.old_image);
}

PastChanges::PastChanges(Service& service, PastSource source, std::uint64_t after,
                         std::uint64_t through, PastOptions options)
    : service_(service),
      source_(std::move(source)),
      after_(after),
      through_(through),
      options_(std::move(options)),
      snapshot_(service.deps.store.snapshot()),
      from_(options_.from.empty() ? items_prefix(source_.items) : options_.from) {}

Result<bool> PastChanges::read(const Visit& visit) {
  while (!done_) {
    if (!collected_) {
      TRY_VOID(changed_.collect(service_, source_, snapshot_, after_, through_, from_,
                                options_.key_bytes_max));
      collected_ = true;
    }
    while (!changed_.keys.empty()) {
      const auto entry = changed_.keys.extract(changed_.keys.begin());
      from_ = entry.key() + '\0';
      TRY(ChangedItem item, load(entry.mapped()));
      if (visit(std::move(item)) == Next::kStop) return true;
    }
    done_ = changed_.bound.empty();
    from_ = changed_.bound;
    collected_ = false;
  }
  return false;
}

Result<ChangedItem> PastChanges::load(const detail::ChangedKeys::Span& span) {
  TRY(const std::string last_bytes, load_record(service_, source_.journal, span.last, snapshot_));
  TRY(Change last, decode_change(last_bytes));
  ChangedItem item;
  item.keys = std::move(last.keys);
  item.after = std::move(last.new_image);
  item.written = last.created;
  if (span.first == span.last) {
    item.before = std::move(last.old_image);
    return item;
  }
  TRY(const std::string first_bytes, load_record(service_, source_.journal, span.first, snapshot_));
  TRY(Change first, decode_change(first_bytes));
  item.before = std::move(first.old_image);
  return item;
}

}  // namespace penstock::dynamodb
