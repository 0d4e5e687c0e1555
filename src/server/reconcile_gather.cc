// Walks the pipeline from the table to the objects, hop by hop.
#include "server/reconcile_gather.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "gen/kinesis/client.h"
#include "gen/s3/client.h"
#include "protocol/inflate.h"
#include "protocol/json_writer.h"

namespace penstock::server {
namespace {

constexpr std::size_t kChangesMax = 5'000'000;
constexpr std::size_t kObjectBytesMax = 1 << 30;

// A record of the Kinesis stream: where it stands and which change it speaks of.
struct StreamRecord {
  std::string sequence_number;
  std::string change_id;
};
using ShardRecords = std::map<std::string, std::vector<StreamRecord>>;  // In order.

class Reconciler {
 public:
  Reconciler(House& house, const pipes::PipeProgress& pipe)
      : house_(house),
        pipe_(pipe),
        kinesis_(house.wiring().caller("kinesis")),
        s3_(house.wiring().caller("s3")) {
    report_.pipe = pipe.arn;
    // arn:aws:kinesis:<region>:<account>:stream/<name>
    const std::vector<std::string> parts = split(pipe.target, ':');
    if (parts.size() >= 6) {
      context_.region = parts[3];
      context_.account = parts[4];
      stream_name_ = parts[5].substr(parts[5].find('/') + 1);
    }
    context_.principal_arn = fmt::format("arn:aws:iam::{}:root", context_.account);
  }

  Task<Result<Report>> run() {
    // The ends of the flow are read first and its beginning last, so that nothing that moves
    // meanwhile looks lost: it is pending.
    std::vector<Delivery> deliveries;
    for (const auto& stream : house_.firehose().streams.all()) {
      if (stream->config()->kinesis_arn != pipe_.target) continue;
      CO_TRY(auto entries, read_ledger(stream->place(), stream->name()));
      deliveries.push_back({stream->arn(), std::move(entries)});
    }
    CO_TRY_VOID(co_await read_records());
    CO_TRY_VOID(co_await read_changes());
    check_pipe();
    for (Delivery& delivery : deliveries) {
      report_.deliveries.push_back(delivery.arn);
      book_.forget_lines();
      CO_TRY_VOID(co_await check_delivery(delivery.entries));
    }
    co_return std::move(report_);
  }

 private:
  struct Delivery {
    std::string arn;
    std::vector<firehose::LedgerEntry> entries;
  };

  static std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
      const std::size_t at = text.find(separator);
      parts.emplace_back(text.substr(0, at));
      if (at == std::string_view::npos) return parts;
      text.remove_prefix(at + 1);
    }
  }

  Result<std::vector<firehose::LedgerEntry>> read_ledger(const firehose::Place& place,
                                                         const std::string& name) {
    std::vector<firehose::LedgerEntry> all;
    std::uint64_t after = 0;
    while (true) {
      TRY(auto page,
          firehose::ledger(house_.firehose(), place, name, after, limits::kFirehoseLedgerPageMax));
      if (page.empty()) return all;
      after = page.back().number;
      for (auto& entry : page) all.push_back(std::move(entry));
    }
  }

  Task<Status> read_records() {
    kinesis::api::ListShardsInput list;
    list.stream_name = stream_name_;
    auto shards = co_await kinesis_.list_shards(context_, std::move(list));
    if (!shards) co_return fail(ErrorKind::kNotFound, shards.error().message);
    for (const auto& shard : shards->shards.value_or(std::vector<kinesis::api::Shard>())) {
      kinesis::api::GetShardIteratorInput from;
      from.stream_name = stream_name_;
      from.shard_id = shard.shard_id;
      from.shard_iterator_type = "TRIM_HORIZON";
      auto iterator = co_await kinesis_.get_shard_iterator(context_, std::move(from));
      if (!iterator) co_return fail(ErrorKind::kUnavailable, iterator.error().message);
      std::string next = iterator->shard_iterator.value_or("");
      auto& records = records_[shard.shard_id];
      while (!next.empty()) {
        kinesis::api::GetRecordsInput page;
        page.shard_iterator = next;
        page.limit = 10'000;
        auto reply = co_await kinesis_.get_records(context_, std::move(page));
        if (!reply) co_return fail(ErrorKind::kUnavailable, reply.error().message);
        for (const auto& record : reply->records) {
          records.push_back({record.sequence_number, change_id_of(record.data.bytes)});
        }
        if (records.size() > kChangesMax)
          co_return fail(ErrorKind::kLimit, "too many records to reconcile");
        if (reply->records.empty() && reply->millis_behind_latest.value_or(0) == 0) break;
        next = reply->next_shard_iterator.value_or("");
      }
    }
    co_return Status();
  }

  Task<Status> read_changes() {
    Status status;
    co_await run_blocking(house_.runtime(), [&] {
      status = dynamodb::read_changes(
          house_.dynamodb(), pipe_.source, 0, [&](dynamodb::LoggedChange change) {
            book_.add(std::move(change.event_id), std::move(change.sequence_number));
            return book_.changes().size() < kChangesMax;
          });
      return true;
    });
    if (status && book_.changes().size() >= kChangesMax) {
      co_return fail(ErrorKind::kLimit, fmt::format("more than {} changes", kChangesMax));
    }
    co_return status;
  }

  // Table → Kinesis: each change that the pipe has passed has one record, was filtered, or is a
  // stored failure.
  void check_pipe() {
    for (auto& [shard, records] : records_) {
      for (const StreamRecord& record : records) {
        if (Change* change = book_.find(record.change_id)) ++change->records;
      }
    }
    std::string position, start;
    std::uint64_t filtered = 0, failed = 0;
    for (const pipes::ShardProgress& shard : pipe_.shards) {
      position = std::max(position, shard.position.sequence);
      start = shard.position.start;
      filtered += shard.position.counters.filtered;
      failed += shard.position.counters.failed;
    }
    report_.failed += failed;
    std::uint64_t passed_by = 0;
    std::vector<const Change*> absent;
    bool begun = start != "LATEST";
    for (const Change& change : book_.changes()) {
      begun = begun || change.records > 0;
      if (!begun) continue;  // Written before a pipe that starts at LATEST: not its business.
      ++report_.written;
      if (change.records > 1) {
        report_.add(Fault::kDuplicate, change.records - 1,
                    {Fault::kDuplicate, change.event_id, "kinesis " + stream_name_,
                     fmt::format("{} records of one change", change.records)});
      }
      if (change.records > 0) continue;
      if (position.empty() || change.sequence_number.size() > position.size() ||
          (change.sequence_number.size() == position.size() && change.sequence_number > position)) {
        ++report_.pending;
      } else {
        ++passed_by;
        absent.push_back(&change);
      }
    }
    const std::uint64_t explained = std::min(passed_by, filtered + failed);
    report_.filtered += std::min(explained, filtered);
    for (std::uint64_t i = explained; i < passed_by; ++i) {
      report_.add(Fault::kLost, 1,
                  {Fault::kLost, absent[i]->event_id, "pipe " + pipe_.arn,
                   "passed by the pipe, but no record of it is in the stream"});
    }
  }

  // Kinesis → objects: the ledger's ranges cover the records once and in order, and the objects
  // hold the lines.
  Task<Status> check_delivery(const std::vector<firehose::LedgerEntry>& entries) {
    std::map<std::string, std::size_t> reached;  // By shard: records below are in an entry.
    for (const firehose::LedgerEntry& entry : entries) {
      SettledBatch batch = take_members(entry, reached[entry.shard]);
      if (!entry.key.empty()) CO_TRY_VOID(co_await read_lines(entry.bucket, entry.key, batch));
      for (const auto& error : entry.errors) {
        CO_TRY_VOID(co_await read_errors(entry.bucket, error.key, error.records));
      }
      settle(report_, book_, batch);
    }
    for (const auto& [shard, records] : records_) {
      report_.pending += records.size() - reached[shard];
    }
    co_return Status();
  }

  SettledBatch take_members(const firehose::LedgerEntry& entry, std::size_t& reached) {
    SettledBatch batch;
    batch.records = entry.records;
    batch.delivered = entry.delivered;
    batch.dropped = entry.dropped;
    batch.failed = entry.failed;
    batch.lost = entry.lost;
    if (!entry.key.empty()) batch.object = fmt::format("s3://{}/{}", entry.bucket, entry.key);
    const auto& records = records_[entry.shard];
    const auto below = [](const StreamRecord& record, const std::string& sequence) {
      return record.sequence_number < sequence;
    };
    auto at = static_cast<std::size_t>(
        std::lower_bound(records.begin(), records.end(), entry.from, below) - records.begin());
    if (at > reached && reached > 0) {
      report_.add(Fault::kLost, at - reached,
                  {Fault::kLost, records[reached].change_id, "ledger",
                   "between two batches of the ledger"});
    }
    std::uint64_t in_range = 0;
    for (; at < records.size() && records[at].sequence_number <= entry.to; ++at, ++in_range) {
      if (Change* change = book_.find(records[at].change_id)) batch.members.push_back(change);
      if (at < reached) {
        report_.add(Fault::kDuplicate, 1,
                    {Fault::kDuplicate, records[at].change_id, batch.object,
                     "in two batches of the ledger"});
      }
    }
    reached = std::max(reached, at);
    batch.complete = batch.members.size() == entry.records;
    return batch;
  }

  Task<Result<std::string>> read_object(std::string bucket, std::string key) {
    s3::api::GetObjectRequest request;
    request.bucket = bucket;
    request.key = key;
    protocol::Context context = context_;
    auto reply = co_await s3_.get_object(std::move(context), std::move(request));
    if (!reply) co_return fail(ErrorKind::kNotFound, reply.error().message);
    CO_TRY(std::string bytes, co_await reply->body.collect(kObjectBytesMax));
    if (bytes.starts_with("\x1f\x8b")) co_return protocol::inflate_bytes(bytes, kObjectBytesMax);
    co_return bytes;
  }

  Task<Status> read_lines(std::string bucket, std::string key, SettledBatch& batch) {
    const auto content = co_await read_object(std::move(bucket), std::move(key));
    if (!content) {
      batch.readable = false;
      batch.fault = content.error().message;
      co_return Status();
    }
    for (std::string& line : split(*content, '\n')) {
      if (!line.empty()) batch.lines.push_back(change_id_of(line));
    }
    co_return Status();
  }

  // Error objects hold one JSON document per record, with the record itself in rawData.
  Task<Status> read_errors(std::string bucket, std::string key, std::uint64_t expected) {
    const std::string where = fmt::format("s3://{}/{}", bucket, key);
    const auto content = co_await read_object(std::move(bucket), std::move(key));
    std::uint64_t found = 0;
    if (content) {
      for (const std::string& line : split(*content, '\n')) {
        if (line.empty()) continue;
        ++found;
        mark_errored(line);
      }
    }
    if (found < expected) {
      report_.add(Fault::kLost, expected - found,
                  {Fault::kLost, "", where, "failed records are missing from their error object"});
    }
    co_return Status();
  }

  void mark_errored(const std::string& line) {
    constexpr std::string_view kField = "\"rawData\":\"";
    const std::size_t at = line.find(kField);
    if (at == std::string::npos) return;
    const std::size_t from = at + kField.size();
    const auto raw =
        base64_decode(std::string_view(line).substr(from, line.find('"', from) - from));
    if (!raw) return;
    if (Change* change = book_.find(change_id_of(*raw))) change->errored = true;
  }

  House& house_;
  const pipes::PipeProgress& pipe_;
  const kinesis::Client kinesis_;
  const s3::Client s3_;
  protocol::Context context_;
  std::string stream_name_;
  ChangeBook book_;
  ShardRecords records_;
  Report report_;
};

}  // namespace

Task<Result<std::vector<Report>>> reconcile(House& house, std::string table) {
  CO_TRY(const auto pipes, pipes::progress(house.pipes()));
  std::vector<Report> reports;
  for (const pipes::PipeProgress& pipe : pipes) {
    const bool fits =
        pipe.source.find(":dynamodb:") != std::string::npos &&
        pipe.target.find(":kinesis:") != std::string::npos &&
        (table.empty() || pipe.source.find(":table/" + table + "/") != std::string::npos);
    if (!fits) continue;
    Reconciler reconciler(house, pipe);
    CO_TRY(Report report, co_await reconciler.run());
    reports.push_back(std::move(report));
  }
  co_return reports;
}

std::string reports_json(const std::vector<Report>& reports) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("reports").begin_array();
  for (const Report& report : reports) {
    json.begin_object().key("pipe").string(report.pipe);
    json.key("deliveries").begin_array();
    for (const std::string& arn : report.deliveries) json.string(arn);
    json.end_array();
    const std::pair<std::string_view, std::uint64_t> counts[] = {
        {"written", report.written},     {"delivered", report.delivered},
        {"filtered", report.filtered},   {"failed", report.failed},
        {"pending", report.pending},     {"lost", report.lost},
        {"duplicate", report.duplicate}, {"expired", report.expired},
        {"objects", report.objects}};
    for (const auto& [name, count] : counts)
      json.key(name).integer(static_cast<std::int64_t>(count));
    json.key("problems").begin_array();
    for (const Problem& problem : report.problems) {
      json.begin_object().key("fault").string(problem.fault == Fault::kLost ? "lost" : "duplicate");
      json.key("change").string(problem.change).key("where").string(problem.where);
      json.key("detail").string(problem.detail).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace penstock::server
