// The arithmetic of reconciliation and its report. Reading the accounts is in reconcile_gather.cc.
#include "server/reconcile.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "protocol/json_writer.h"

namespace penstock::server {
namespace {

std::uint64_t Counts::* field_of(Fault fault) {
  switch (fault) {
    case Fault::kLost: return &Counts::lost;
    case Fault::kDuplicate: return &Counts::duplicate;
    case Fault::kAltered: return &Counts::altered;
    case Fault::kMisplaced: return &Counts::misplaced;
    case Fault::kForeign: return &Counts::foreign;
  }
  return &Counts::lost;
}

// Decimal numbers without leading zeros.
bool number_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::kLost: return "lost";
    case Fault::kDuplicate: return "duplicate";
    case Fault::kAltered: return "altered";
    case Fault::kMisplaced: return "misplaced";
    case Fault::kForeign: return "foreign";
  }
  return "lost";
}

bool Report::good() const {
  bool sums = written == carried + hop.accounted();
  for (const DeliveryReport& delivery : deliveries) {
    sums = sums && delivery.records == delivery.counts.accounted();
  }
  return sums && counts.faultless();
}

void Report::count(std::uint64_t Counts::* field, std::uint64_t number) {
  counts.*field += number;
  (deliveries.empty() ? hop : deliveries.back().counts).*field += number;
}

void Report::add(Problem problem, std::uint64_t number) {
  count(field_of(problem.fault), number);
  if (problems.size() < names) problems.push_back(std::move(problem));
}

void Report::add_filtered(Note note) {
  count(&Counts::filtered);
  if (filtered.size() < names) filtered.push_back(std::move(note));
}

void Report::add_failed(Note note) {
  count(&Counts::failed);
  if (failed.size() < names) failed.push_back(std::move(note));
}

void Report::add_untraced(Note note) {
  count(&Counts::untraced);
  if (untraced.size() < names) untraced.push_back(std::move(note));
}

void ChangeBook::add(std::string event_id, std::string sequence_number, std::uint32_t owner) {
  Change& change = changes_.emplace_back();
  change.event_id = std::move(event_id);
  change.sequence_number = std::move(sequence_number);
  change.owner = owner;
  index_.emplace(change.event_id, &change);
  index_.emplace(change.sequence_number, &change);
}

Change* ChangeBook::find(std::string_view id) {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : found->second;
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

void settle_pipe(Report& report, ChangeBook& book, std::uint32_t owner, const PipeAccount& pipe,
                 std::uint64_t& unnamed) {
  bool begun = !pipe.from_latest;
  std::vector<const Change*> absent;
  for (const Change& change : book.changes()) {
    if (change.owner != owner) continue;
    const auto failure = pipe.failed.find(change.event_id);
    begun = begun || change.records > 0 || failure != pipe.failed.end();
    if (!begun) continue;  // Written before a pipe that starts at LATEST: not its business.
    ++report.written;
    if (change.records > pipe.copies && !pipe.enriched) {
      report.add({Fault::kDuplicate, change.event_id, pipe.name,
                  fmt::format("{} records of one change are in the stream", change.records)},
                 change.records - pipe.copies);
    }
    if (change.records > 0) {
      ++report.carried;
    } else if (failure != pipe.failed.end()) {
      report.add_failed({change.event_id, pipe.name, failure->second});
    } else if (pipe.position.empty() || number_less(pipe.position, change.sequence_number)) {
      report.count(&Counts::pending);
    } else {
      absent.push_back(&change);
    }
  }
  // The filter as it is now tells which are filtered. It may have been another one before: then,
  // and where it cannot be asked, the pipe's own number decides, the newest changes first.
  std::uint64_t left = pipe.filtered;
  std::vector<const Change*> unexplained;
  for (const Change* change : absent) {
    if (!pipe.held_back.contains(change->event_id)) {
      unexplained.push_back(change);
      continue;
    }
    left -= left > 0 ? 1 : 0;
    report.add_filtered({change->event_id, pipe.name, "held back by the pipe's filter"});
  }
  for (const Change* change : unexplained) {
    if (unnamed > 0) {
      --unnamed;  // One of the records that name no change.
      ++report.carried;
    } else if (left > 0) {
      --left;
      report.add_filtered({change->event_id, pipe.name, "counted as filtered by the pipe"});
    } else if (pipe.enriched) {
      report.add_untraced({change->event_id, pipe.name,
                           "cannot be followed through the enrichment: no record names it"});
    } else {
      report.add({Fault::kLost, change->event_id, pipe.name,
                  "passed by the pipe, but no record of it is in the stream"});
    }
  }
}

namespace {

void write_counts(protocol::JsonWriter& json, const Counts& counts) {
  const std::pair<std::string_view, std::uint64_t> all[] = {
      {"delivered", counts.delivered}, {"filtered", counts.filtered},
      {"failed", counts.failed},       {"pending", counts.pending},
      {"lost", counts.lost},           {"altered", counts.altered},
      {"misplaced", counts.misplaced}, {"duplicate", counts.duplicate},
      {"foreign", counts.foreign},     {"untraced", counts.untraced},
      {"expired", counts.expired},     {"objects", counts.objects}};
  for (const auto& [name, count] : all) json.key(name).integer(static_cast<std::int64_t>(count));
}

void write_notes(protocol::JsonWriter& json, std::string_view name,
                 const std::vector<Note>& notes) {
  json.key(name).begin_array();
  for (const Note& note : notes) {
    json.begin_object().key("change").string(note.change).key("where").string(note.where);
    json.key("detail").string(note.detail).end_object();
  }
  json.end_array();
}

void write_report(protocol::JsonWriter& json, const Report& report) {
  json.begin_object().key("pipes").begin_array();
  for (const std::string& pipe : report.pipes) json.string(pipe);
  json.end_array().key("good").boolean(report.good());
  json.key("written").integer(static_cast<std::int64_t>(report.written));
  json.key("carried").integer(static_cast<std::int64_t>(report.carried));
  write_counts(json, report.counts);
  json.key("deliveries").begin_array();
  for (const DeliveryReport& delivery : report.deliveries) {
    json.begin_object().key("arn").string(delivery.arn);
    json.key("records").integer(static_cast<std::int64_t>(delivery.records));
    write_counts(json, delivery.counts);
    json.end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const Problem& problem : report.problems) {
    json.begin_object().key("fault").string(to_string(problem.fault));
    json.key("change").string(problem.change).key("where").string(problem.where);
    json.key("detail").string(problem.detail).end_object();
  }
  json.end_array();
  write_notes(json, "filteredChanges", report.filtered);
  write_notes(json, "failedChanges", report.failed);
  write_notes(json, "untracedChanges", report.untraced);
  json.end_object();
}

}  // namespace

std::string reports_json(const std::vector<Report>& reports) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("reports").begin_array();
  for (const Report& report : reports) write_report(json, report);
  json.end_array().end_object();
  return out;
}

}  // namespace penstock::server
