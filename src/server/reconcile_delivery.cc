// Kinesis → objects: the ledger's ranges cover the records once and in order, each record has one
// fate, and each object holds what the ledger says and nothing else.
#include "server/reconcile_delivery.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <unordered_set>

#include "base/limits.h"
#include "server/reconcile_limits.h"

namespace penstock::server {
namespace {

using firehose::Compression;
using firehose::Fate;
using firehose::LedgerEntry;
using firehose::Mark;
using firehose::RecordFate;

constexpr std::size_t kExcerptBytes = 120;

bool sequence_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::uint64_t key_of_mark(const Mark& mark) { return std::uint64_t{mark.bytes} << 32 | mark.crc; }

std::string url_of(const LedgerEntry& entry, const std::string& key) {
  return fmt::format("s3://{}/{}", entry.bucket, key);
}

// The beginning of a line, fit to be printed.
std::string excerpt_of(std::string_view bytes) {
  std::string out;
  for (const char c : bytes.substr(0, kExcerptBytes)) {
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F ? '.' : c;
  }
  if (bytes.size() > kExcerptBytes) out += "…";
  return out;
}

// The reason in a line of an error object.
std::string reason_of(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) return {};
  std::string_view code, message;
  (void)object.at_key("errorCode").get(code);
  (void)object.at_key("errorMessage").get(message);
  return fmt::format("{}: {}", code, message);
}

// Entries of before the compression was kept.
Compression guess_compression(std::string_view key, std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (bytes.starts_with("PK\x03\x04")) return Compression::kZip;
  if (bytes.starts_with("\x82SNAPPY")) return Compression::kSnappy;
  return key.ends_with(".snappy") ? Compression::kHadoopSnappy : Compression::kUncompressed;
}

}  // namespace

DeliveryCheck::DeliveryCheck(const DeliverySetting& setting, const firehose::StreamConfig& config,
                             std::uint64_t ledger_end)
    : setting_(setting),
      config_(config),
      ledger_end_(ledger_end),
      s3_(setting.house.wiring().caller("s3")) {}

Task<Status> DeliveryCheck::run() {
  for (std::uint64_t after = 0; after < ledger_end_;) {
    CO_TRY(const auto page, co_await run_blocking(setting_.house.runtime(), [this, after] {
             return firehose::ledger(setting_.house.firehose(), config_.place, config_.name, after,
                                     limits::kFirehoseLedgerPageMax);
           }));
    if (page.empty()) break;
    after = page.back().number;
    for (const LedgerEntry& entry : page) {
      if (entry.number <= ledger_end_) CO_TRY_VOID(co_await check_entry(entry));
    }
  }
  check_rest();
  CO_TRY_VOID(
      co_await run_blocking(setting_.house.runtime(), [this] { return copies_of_strays(); }));
  std::vector<Report*> reports = setting_.reports;
  settle_loose(reports, missing_, strays_, [this](const Mark& mark) -> std::optional<KnownPiece> {
    const auto found = known_.find(key_of_mark(mark));
    if (found == known_.end()) return std::nullopt;
    return found->second;
  });
  co_return Status();
}

std::uint32_t DeliveryCheck::owner_of(const StreamRecord* record) const {
  return record != nullptr && record->change != nullptr ? record->change->owner : 0;
}

Report& DeliveryCheck::report_of(const StreamRecord* record) {
  return *setting_.reports[owner_of(record)];
}

std::string DeliveryCheck::name_of(const LedgerEntry& entry, const StreamRecord* record,
                                   std::size_t index) {
  if (record == nullptr) {
    return fmt::format("record {} of {}, {} {} … {}", index + 1, entry.records, entry.shard,
                       entry.from, entry.to);
  }
  if (record->change != nullptr) return record->change->event_id;
  if (!record->change_id.empty()) return record->change_id;
  return fmt::format("{} {}", entry.shard, record->sequence_number);
}

void DeliveryCheck::add_missing(const LedgerEntry& entry, const StreamRecord* record,
                                std::size_t index, const std::string& object, std::string detail) {
  if (record != nullptr) {
    detail += fmt::format(" (record {} of {}, {} {})", index + 1, entry.records, entry.shard,
                          record->sequence_number);
  }
  MissingPiece piece{.owner = owner_of(record),
                     .change = record != nullptr ? record->change : nullptr,
                     .name = name_of(entry, record, index),
                     .object = object,
                     .mark = index < entry.fates.size() ? entry.fates[index].mark : Mark{},
                     .detail = std::move(detail)};
  if (missing_.size() < limits::kReconcileLooseEnds) {
    missing_.push_back(std::move(piece));
  } else {
    report_of(record).add({Fault::kLost, piece.name, object, piece.detail});
  }
}

// The records of the entry that are in the stream; what retention has taken is missing from the
// front.
DeliveryCheck::Members DeliveryCheck::members_of(const LedgerEntry& entry) const {
  Members members(entry.records, nullptr);
  const auto shard = setting_.records.find(entry.shard);
  if (shard == setting_.records.end()) return members;
  const auto below = [](const StreamRecord& record, const std::string& sequence) {
    return sequence_less(record.sequence_number, sequence);
  };
  const auto& records = shard->second;
  const auto first = std::lower_bound(records.begin(), records.end(), entry.from, below);
  auto last = first;
  while (last != records.end() && !sequence_less(entry.to, last->sequence_number)) ++last;
  const auto found = std::min<std::size_t>(static_cast<std::size_t>(last - first), entry.records);
  for (std::size_t i = 0; i < found; ++i) {
    members[entry.records - found + i] = &*(last - static_cast<std::ptrdiff_t>(found - i));
  }
  return members;
}

// The same, and looks for gaps and overlaps with the entries before.
DeliveryCheck::Members DeliveryCheck::take_members(const LedgerEntry& entry) {
  Members members = members_of(entry);
  const auto shard = setting_.records.find(entry.shard);
  if (shard == setting_.records.end()) return members;
  const auto& records = shard->second;
  std::size_t& reached = reached_[entry.shard];
  for (; reached < records.size() && sequence_less(records[reached].sequence_number, entry.from);
       ++reached) {
    const StreamRecord& record = records[reached];
    // Older than the delivery stream: not its business.
    if (record.arrival_millis < config_.created.millis()) continue;
    ++report_of(&record).deliveries.back().records;
    report_of(&record).add(
        {Fault::kLost, name_of(entry, &record, 0), fmt::format("ledger of {}", config_.name),
         fmt::format("{} {} is in no batch", entry.shard, record.sequence_number)});
  }
  for (const StreamRecord* record : members) {
    if (record == nullptr) continue;
    if (record < records.data() + reached) {
      report_of(record).add(
          {Fault::kDuplicate, name_of(entry, record, 0), fmt::format("ledger of {}", config_.name),
           fmt::format("{} {} is in two batches", entry.shard, record->sequence_number)});
    }
  }
  while (reached < records.size() && !sequence_less(entry.to, records[reached].sequence_number)) {
    ++reached;
  }
  return members;
}

Task<Status> DeliveryCheck::check_entry(const LedgerEntry& entry) {
  const Members members = take_members(entry);
  for (const StreamRecord* record : members) {
    ++report_of(record).deliveries.back().records;
    if (record == nullptr || record->change == nullptr) {
      report_of(record).count(&Counts::expired);
    }
  }
  if (entry.fates.size() != entry.records) {
    co_await check_by_number(entry, members);
    co_return Status();
  }
  ObjectPieces body{.object = entry.key.empty() ? "" : url_of(entry, entry.key)};
  std::vector<ObjectPieces> errors(entry.errors.size());
  for (std::size_t i = 0; i < errors.size(); ++i) {
    errors[i].object = url_of(entry, entry.errors[i].key);
    errors[i].errors = true;
  }
  for (std::size_t i = 0; i < entry.fates.size(); ++i) {
    const RecordFate& fate = entry.fates[i];
    const std::string name = name_of(entry, members[i], i);
    if (fate.fate == Fate::kDropped) {
      report_of(members[i]).add_filtered({name, config_.name, "dropped by the transform"});
    } else if (fate.fate == Fate::kDelivered) {
      body.indices.push_back(i);
      body.marks.push_back(fate.mark);
    } else if (fate.fate == Fate::kFailed && fate.error_object < errors.size()) {
      errors[fate.error_object].indices.push_back(i);
      errors[fate.error_object].marks.push_back(fate.mark);
    } else {
      report_of(members[i])
          .add({Fault::kLost, name, fmt::format("delivery of {}", config_.name),
                "gone from the source before its batch could be redone"});
    }
  }
  if (!entry.key.empty()) {
    co_await check_object(entry, members, entry.key, body);
  } else {
    // The transform made nothing of them: there are no bytes to be found.
    for (const std::size_t i : body.indices) report_of(members[i]).count(&Counts::delivered);
  }
  for (std::size_t i = 0; i < errors.size(); ++i) {
    co_await check_object(entry, members, entry.errors[i].key, errors[i]);
  }
  co_return Status();
}

Task<void> DeliveryCheck::check_object(const LedgerEntry& entry, const Members& members,
                                       std::string key, const ObjectPieces& pieces) {
  if (!pieces.indices.empty()) report_of(members[pieces.indices[0]]).count(&Counts::objects);
  const auto content = co_await read_object(
      entry.bucket, std::move(key), pieces.errors ? Compression::kUncompressed : entry.compression);
  if (!content) {
    for (const std::size_t index : pieces.indices) {
      add_missing(entry, members[index], index, pieces.object,
                  "the object cannot be read: " + content.error().message);
    }
    co_return;
  }
  const std::string* const bytes = &*content;
  const ObjectPieces* const wanted = &pieces;
  const ObjectMatch match = co_await run_blocking(
      setting_.house.runtime(), [=] { return match_pieces(*bytes, wanted->marks); });
  settle_object(entry, members, pieces, *content, match);
}

// The pieces that are there: delivered or failed, and how often.
void DeliveryCheck::settle_copies(const LedgerEntry& entry, const Members& members,
                                  const ObjectPieces& pieces, const std::string& content,
                                  const ObjectMatch& match) {
  for (std::size_t i = 0; i < pieces.indices.size(); ++i) {
    if (match.copies[i] == 0) continue;
    const std::size_t index = pieces.indices[i];
    Report& report = report_of(members[index]);
    const std::string_view line =
        std::string_view(content).substr(match.offsets[i], pieces.marks[i].bytes);
    if (pieces.errors) {
      report.add_failed({name_of(entry, members[index], index), pieces.object, reason_of(line)});
    } else {
      report.count(&Counts::delivered);
    }
    if (match.copies[i] > 1) {
      report.add({Fault::kDuplicate, name_of(entry, members[index], index), pieces.object,
                  fmt::format("its line is there {} times", match.copies[i])},
                 match.copies[i] - 1);
    }
  }
}

void DeliveryCheck::settle_object(const LedgerEntry& entry, const Members& members,
                                  const ObjectPieces& pieces, const std::string& content,
                                  const ObjectMatch& match) {
  settle_copies(entry, members, pieces, content, match);
  const auto there = static_cast<std::size_t>(
      std::ranges::count_if(match.copies, [](std::uint32_t copies) { return copies > 0; }));
  std::vector<std::optional<std::size_t>> places(pieces.indices.size());
  for (std::size_t i = 0; i < pieces.indices.size(); ++i) {
    if (match.copies[i] > 0) continue;
    if (missing_.size() < limits::kReconcileLooseEnds) places[i] = missing_.size();
    const std::size_t index = pieces.indices[i];
    add_missing(
        entry, members[index], index, pieces.object,
        fmt::format("its line is missing: {} of {} are there", there, pieces.indices.size()));
  }
  const auto pairs = pair_strays(match);
  for (std::size_t i = 0; i < match.strays.size(); ++i) {
    const StrayBytes& stray = match.strays[i];
    const std::string_view bytes = std::string_view(content).substr(stray.offset, stray.size);
    StrayLine line{.object = pieces.object,
                   .offset = stray.offset,
                   .mark = firehose::mark_of(bytes),
                   .id = change_id_of(bytes),
                   .excerpt = excerpt_of(bytes)};
    if (!line.id.empty()) line.change = setting_.book.find(line.id);
    if (pairs[i]) line.missing = places[*pairs[i]];
    if (strays_.size() < limits::kReconcileLooseEnds) {
      strays_.push_back(std::move(line));
    } else {
      setting_.reports[0]->add({Fault::kForeign, line.id, pieces.object, line.excerpt});
    }
  }
}

// Entries without fates: as many lines as records were delivered.
Task<void> DeliveryCheck::check_by_number(const LedgerEntry& entry, const Members& members) {
  Report& report = members.empty() ? *setting_.reports[0] : report_of(members.back());
  report.count(&Counts::filtered, entry.dropped);
  report.count(&Counts::failed, entry.failed);
  const std::string name =
      fmt::format("{} {} … {} ({} records)", entry.shard, entry.from, entry.to, entry.records);
  if (entry.lost > 0) {
    report.add({Fault::kLost, name, fmt::format("delivery of {}", config_.name),
                "gone from the source before its batch could be redone"},
               entry.lost);
  }
  if (entry.key.empty()) co_return;
  report.count(&Counts::objects);
  std::uint64_t found = 0;
  std::string detail;
  const auto content = co_await read_object(entry.bucket, entry.key, Compression::kUncompressed);
  if (content) {
    const auto plain = firehose::decompress(guess_compression(entry.key, *content), *content,
                                            limits::kReconcileObjectBytes);
    found = plain ? static_cast<std::uint64_t>(std::ranges::count(*plain, '\n')) : 0;
    if (plain && !plain->empty() && !plain->ends_with('\n')) ++found;
    if (!plain) detail = plain.error().message;
  } else {
    detail = content.error().message;
  }
  detail =
      fmt::format("the object holds {} lines, must hold {}. {}", found, entry.delivered, detail);
  report.count(&Counts::delivered, std::min(found, entry.delivered));
  if (found < entry.delivered) {
    report.add({Fault::kLost, name, url_of(entry, entry.key), detail}, entry.delivered - found);
  } else if (found > entry.delivered) {
    report.add({Fault::kDuplicate, name, url_of(entry, entry.key), detail},
               found - entry.delivered);
  }
}

Task<Result<std::string>> DeliveryCheck::read_object(std::string bucket, std::string key,
                                                     Compression compression) {
  s3::api::GetObjectRequest request;
  request.bucket = std::move(bucket);
  request.key = std::move(key);
  auto reply = co_await s3_.get_object(setting_.context, std::move(request));
  if (!reply) co_return fail(ErrorKind::kNotFound, reply.error().message);
  CO_TRY(const std::string bytes, co_await reply->body.collect(limits::kReconcileObjectBytes));
  const std::string* const packed = &bytes;
  co_return co_await run_blocking(setting_.house.runtime(), [=] {
    return firehose::decompress(compression, *packed, limits::kReconcileObjectBytes);
  });
}

// What the ledger has not reached is on its way.
void DeliveryCheck::check_rest() {
  for (const auto& [shard, records] : setting_.records) {
    for (std::size_t i = reached_[shard]; i < records.size(); ++i) {
      const StreamRecord& record = records[i];
      if (record.arrival_millis < config_.created.millis()) continue;
      ++report_of(&record).deliveries.back().records;
      report_of(&record).count(&Counts::pending);
    }
  }
}

// Of which records the strays are copies: the ledger knows, though their own line may be long past.
Status DeliveryCheck::copies_of_strays() {
  if (strays_.empty()) return {};
  std::unordered_set<std::uint64_t> wanted;
  for (const StrayLine& line : strays_) wanted.insert(key_of_mark(line.mark));
  for (std::uint64_t after = 0; after < ledger_end_;) {
    TRY(const auto page, firehose::ledger(setting_.house.firehose(), config_.place, config_.name,
                                          after, limits::kFirehoseLedgerPageMax));
    if (page.empty()) return {};
    after = page.back().number;
    for (const LedgerEntry& entry : page) {
      if (entry.number > ledger_end_) return {};
      Members members;
      for (std::size_t i = 0; i < entry.fates.size(); ++i) {
        const RecordFate& fate = entry.fates[i];
        if (fate.fate != Fate::kDelivered || !wanted.contains(key_of_mark(fate.mark))) continue;
        if (members.empty()) members = members_of(entry);
        known_.emplace(key_of_mark(fate.mark),
                       KnownPiece{owner_of(members[i]), name_of(entry, members[i], i),
                                  url_of(entry, entry.key)});
      }
    }
  }
  return {};
}

}  // namespace penstock::server
