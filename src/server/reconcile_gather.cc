// Walks the pipelines from the tables to the objects, hop by hop. Tables whose pipes lead to one
// Kinesis stream are looked at together: its deliveries carry the changes of all.
#include "server/reconcile_gather.h"

#include <fmt/format.h>

#include <algorithm>

#include "gen/kinesis/client.h"
#include "protocol/arn.h"
#include "server/reconcile_delivery.h"
#include "server/reconcile_limits.h"

namespace penstock::server {
namespace {

// arn:aws:<service>:<region>:<account>:<type>/<name>
struct NamedThing {
  std::string region, account, name;
};
NamedThing thing_of(std::string_view text) {
  const std::optional<protocol::Arn> arn = protocol::parse_arn(text);
  if (!arn) return {};
  return {arn->region, arn->account, arn->resource.substr(arn->resource.find('/') + 1)};
}

// The pipes of one table stream to one Kinesis stream. Mostly one.
using PipeGroup = std::vector<const pipes::PipeProgress*>;

class Reconciler {
 public:
  // By source; all with the same target.
  Reconciler(House& house, const std::map<std::string, PipeGroup>& sources, std::size_t names)
      : house_(house), sources_(sources), kinesis_(house.wiring().caller("kinesis")) {
    target_ = sources.begin()->second.front()->target;
    const NamedThing arn = thing_of(target_);
    context_.region = arn.region;
    context_.account = arn.account;
    context_.principal_arn = fmt::format("arn:aws:iam::{}:root", arn.account);
    stream_name_ = arn.name;
    for (const auto& [source, pipes] : sources) {
      Report& report = reports_.emplace_back();
      report.names = names;
      for (const pipes::PipeProgress* pipe : pipes) report.pipes.push_back(pipe->arn);
    }
  }

  // The reports in the order of the sources.
  Task<Result<std::vector<Report>>> run() {
    // The ends of the flow are read first and its beginning last, so that nothing that moves
    // meanwhile looks lost: it is pending.
    std::vector<Delivery> deliveries;
    for (const auto& stream : house_.firehose().streams.all()) {
      if (stream->config()->kinesis_arn != target_) continue;
      CO_TRY(const std::uint64_t end,
             firehose::ledger_end(house_.firehose(), stream->place(), stream->name()));
      deliveries.push_back({stream->config(), stream->arn(), end});
    }
    CO_TRY_VOID(co_await read_records());
    std::uint32_t owner = 0;
    for (const auto& [source, pipes] : sources_) {
      CO_TRY_VOID(co_await read_changes(source, owner++));
    }
    count_records();
    owner = 0;
    for (const auto& [source, pipes] : sources_) {
      CO_TRY(const PipeAccount account, co_await account_of(pipes));
      settle_pipe(reports_[owner], book_, owner, account, unnamed_);
      ++owner;
    }
    DeliverySetting setting{house_, context_, book_, records_, {}};
    for (Report& report : reports_) setting.reports.push_back(&report);
    for (const Delivery& delivery : deliveries) {
      for (Report& report : reports_) report.deliveries.push_back({.arn = delivery.arn});
      DeliveryCheck check(setting, *delivery.config, delivery.ledger_end);
      CO_TRY_VOID(co_await check.run());
    }
    co_return std::move(reports_);
  }

 private:
  struct Delivery {
    std::shared_ptr<const firehose::StreamConfig> config;
    std::string arn;
    std::uint64_t ledger_end = 0;
  };

  Task<Status> read_records() {
    kinesis::api::ListShardsInput list;
    list.stream_name = stream_name_;
    while (true) {
      auto shards = co_await kinesis_.list_shards(context_, list);
      if (!shards) {
        co_return fail(ErrorKind::kNotFound,
                       fmt::format("{}: {}", stream_name_, shards.error().message));
      }
      for (const auto& shard : shards->shards.value_or(std::vector<kinesis::api::Shard>())) {
        CO_TRY_VOID(co_await read_shard(shard.shard_id));
      }
      if (!shards->next_token) break;
      list.stream_name.reset();
      list.next_token = std::move(shards->next_token);
    }
    co_return Status();
  }

  Task<Status> read_shard(std::string shard) {
    kinesis::api::GetShardIteratorInput from;
    from.stream_name = stream_name_;
    from.shard_id = shard;
    from.shard_iterator_type = "TRIM_HORIZON";
    auto iterator = co_await kinesis_.get_shard_iterator(context_, std::move(from));
    if (!iterator) co_return fail(ErrorKind::kUnavailable, iterator.error().message);
    std::string next = iterator->shard_iterator.value_or("");
    auto& records = records_[shard];
    while (!next.empty()) {
      kinesis::api::GetRecordsInput page;
      page.shard_iterator = next;
      page.limit = 10'000;
      auto reply = co_await kinesis_.get_records(context_, std::move(page));
      if (!reply) co_return fail(ErrorKind::kUnavailable, reply.error().message);
      for (auto& record : reply->records) {
        records.push_back(
            {.sequence_number = std::move(record.sequence_number),
             .change_id = change_id_of(record.data.bytes),
             .arrival_millis =
                 record.approximate_arrival_timestamp.value_or(Timestamp{}).millis()});
      }
      total_ += reply->records.size();
      if (total_ > limits::kReconcileChanges) {
        co_return fail(ErrorKind::kLimit, fmt::format("{} holds more than {} records", stream_name_,
                                                      limits::kReconcileChanges));
      }
      if (reply->records.empty() && reply->millis_behind_latest.value_or(0) == 0) break;
      next = reply->next_shard_iterator.value_or("");
    }
    co_return Status();
  }

  Task<Status> read_changes(std::string source, std::uint32_t owner) {
    const Status status = co_await run_blocking(house_.runtime(), [this, &source, owner] {
      return dynamodb::read_changes(
          house_.dynamodb(), source, 0, [this, owner](dynamodb::LoggedChange change) {
            book_.add(std::move(change.event_id), std::move(change.sequence_number), owner);
            return book_.changes().size() < limits::kReconcileChanges;
          });
    });
    if (book_.changes().size() >= limits::kReconcileChanges) {
      co_return fail(ErrorKind::kLimit,
                     fmt::format("more than {} changes", limits::kReconcileChanges));
    }
    // The table is gone, and its log with it: what it wrote is in the ledger only.
    if (!status && status.error().kind == ErrorKind::kNotFound) co_return Status();
    co_return status;
  }

  void count_records() {
    for (auto& [shard, records] : records_) {
      for (StreamRecord& record : records) {
        if (record.change_id.empty()) {
          ++unnamed_;
        } else if (Change* change = book_.find(record.change_id)) {
          ++change->records;
          record.change = change;
          record.change_id.clear();
        }
      }
    }
  }

  Task<Result<PipeAccount>> account_of(const PipeGroup& pipes) {
    PipeAccount account;
    account.copies = static_cast<std::uint32_t>(pipes.size());
    for (const pipes::PipeProgress* pipe : pipes) {
      const NamedThing arn = thing_of(pipe->arn);
      if (account.name.empty()) account.name = "pipe " + arn.name;
      account.enriched = account.enriched || pipe->enriches;
      for (const pipes::ShardProgress& shard : pipe->shards) {
        const std::string& sequence = shard.position.sequence;
        if (sequence.size() > account.position.size() ||
            (sequence.size() == account.position.size() && sequence > account.position)) {
          account.position = sequence;
        }
        account.from_latest = shard.position.start == "LATEST";
        account.filtered += shard.position.counters.filtered;
      }
      const pipes::Place place{arn.account, arn.region};
      const auto failures = co_await run_blocking(house_.runtime(), [this, &place, &arn] {
        return pipes::failures(house_.pipes(), place, arn.name, limits::kReconcileChanges);
      });
      if (!failures) continue;  // The pipe was deleted meanwhile.
      for (const pipes::Failure& failure : *failures) {
        account.failed.emplace(failure.event_id, failure.reason);
      }
      if (account.filtered == 0) continue;
      // When the filter cannot be asked, the pipe's own number has to do.
      auto held = co_await pipes::held_back(house_.pipes(), place, arn.name);
      if (held) account.held_back.merge(*held);
    }
    co_return account;
  }

  House& house_;
  const std::map<std::string, PipeGroup>& sources_;
  const kinesis::Client kinesis_;
  protocol::Context context_;
  std::string target_, stream_name_;
  ChangeBook book_;
  ShardRecords records_;
  std::size_t total_ = 0;
  std::uint64_t unnamed_ = 0;  // Records that name no change.
  std::vector<Report> reports_;
};

}  // namespace

Task<Result<std::vector<Report>>> reconcile(House& house, std::string table, std::size_t names) {
  CO_TRY(const auto pipes, pipes::progress(house.pipes()));
  std::map<std::string, std::map<std::string, PipeGroup>> targets;  // Target → source → pipes.
  for (const pipes::PipeProgress& pipe : pipes) {
    if (pipe.source.find(":dynamodb:") == std::string::npos) continue;
    if (pipe.target.find(":kinesis:") == std::string::npos) continue;
    targets[pipe.target][pipe.source].push_back(&pipe);
  }
  const auto fits = [&table](const std::string& source) {
    return table.empty() || source.find(":table/" + table + "/") != std::string::npos;
  };
  std::vector<Report> reports;
  for (const auto& [target, sources] : targets) {
    if (std::ranges::none_of(sources, [&](const auto& entry) { return fits(entry.first); })) {
      continue;
    }
    Reconciler reconciler(house, sources, names);
    CO_TRY(std::vector<Report> found, co_await reconciler.run());
    std::size_t at = 0;
    for (const auto& [source, group] : sources) {
      if (fits(source)) reports.push_back(std::move(found[at]));
      ++at;
    }
  }
  co_return reports;
}

}  // namespace penstock::server
