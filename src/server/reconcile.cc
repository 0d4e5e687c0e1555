// The arithmetic of reconciliation. Reading the accounts is in reconcile_gather.cc.
#include "server/reconcile.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace penstock::server {

void Report::add(Fault fault, std::uint64_t count, Problem problem) {
  (fault == Fault::kLost ? lost : duplicate) += count;
  if (problems.size() < kProblemsMax) problems.push_back(std::move(problem));
}

void ChangeBook::add(std::string event_id, std::string sequence_number) {
  const std::size_t at = changes_.size();
  index_.emplace(event_id, at);
  index_.emplace(sequence_number, at);
  changes_.push_back(
      {.event_id = std::move(event_id), .sequence_number = std::move(sequence_number)});
}

Change* ChangeBook::find(std::string_view id) {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &changes_[found->second];
}

void ChangeBook::forget_lines() {
  for (Change& change : changes_) {
    change.lines = 0;
    change.errored = false;
  }
}

std::string change_id_of(std::string_view json) {
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return {};
  for (const std::string_view name : {"eventID", "event_id", "sequenceNumber", "sequence_number"}) {
    std::string_view id;
    if (object.at_key(name).get(id) == simdjson::SUCCESS) return std::string(id);
  }
  return {};
}

namespace {

std::string range_of(const SettledBatch& batch) {
  if (batch.members.empty()) return "(no longer in the stream)";
  if (batch.members.size() == 1) return batch.members.front()->event_id;
  return fmt::format("one of {} … {}", batch.members.front()->event_id,
                     batch.members.back()->event_id);
}

// Lines that name their change: each member is delivered once, or accounted for otherwise.
void settle_by_name(Report& report, ChangeBook& book, SettledBatch& batch) {
  for (const std::string& id : batch.lines) {
    Change* change = book.find(id);
    if (change == nullptr) {
      report.add(Fault::kDuplicate, 1,
                 {Fault::kDuplicate, id, batch.object, "a line of a change that is not known"});
      continue;
    }
    ++report.delivered;
    if (++change->lines > 1) {
      report.add(Fault::kDuplicate, 1,
                 {Fault::kDuplicate, id, batch.object, "a further line of the same change"});
    }
  }
  std::uint64_t absent = 0;
  std::vector<const Change*> missing;
  for (const Change* change : batch.members) {
    if (change->lines == 0 && !change->errored) {
      ++absent;
      missing.push_back(change);
    }
  }
  // Dropped records leave no trace but their number: that many may be absent.
  if (absent <= batch.dropped) {
    report.filtered += absent;
    return;
  }
  report.filtered += batch.dropped;
  const std::uint64_t lost = absent - batch.dropped;
  for (std::uint64_t i = 0; i < lost; ++i) {
    const Change& change = *missing[i];
    report.add(Fault::kLost, 1,
               {Fault::kLost, change.event_id, batch.object,
                batch.dropped == 0 ? "its line is missing from the object"
                                   : "its line, or that of a neighbour, is missing"});
  }
}

void settle_by_count(Report& report, SettledBatch& batch) {
  const std::uint64_t found = batch.lines.size();
  report.delivered += std::min(found, batch.delivered);
  report.filtered += batch.dropped;
  if (found < batch.delivered) {
    const std::uint64_t lost = batch.delivered - found;
    report.add(Fault::kLost, lost,
               {Fault::kLost, range_of(batch), batch.object,
                fmt::format("{} of {} lines are missing", lost, batch.delivered)});
  } else if (found > batch.delivered) {
    const std::uint64_t extra = found - batch.delivered;
    report.add(Fault::kDuplicate, extra,
               {Fault::kDuplicate, range_of(batch), batch.object,
                fmt::format("{} lines more than the {} delivered", extra, batch.delivered)});
  }
}

}  // namespace

void settle(Report& report, ChangeBook& book, SettledBatch& batch) {
  if (!batch.object.empty()) ++report.objects;
  report.failed += batch.failed;
  if (batch.lost > 0) {
    report.add(Fault::kLost, batch.lost,
               {Fault::kLost, range_of(batch), batch.object,
                "gone from the source before the batch could be redone"});
  }
  if (!batch.complete) report.expired += batch.records - batch.members.size();
  if (!batch.readable) {
    report.add(Fault::kLost, batch.delivered,
               {Fault::kLost, range_of(batch), batch.object, batch.fault});
    return;
  }
  bool named = batch.complete && !batch.lines.empty();
  for (const std::string& id : batch.lines) named = named && !id.empty();
  if (named || (batch.lines.empty() && batch.complete && !batch.members.empty())) {
    settle_by_name(report, book, batch);
  } else {
    settle_by_count(report, batch);
  }
}

}  // namespace penstock::server
