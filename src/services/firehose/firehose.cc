// Start and stop, and the views for metrics and reconciliation.
#include "services/firehose/firehose.h"

#include <algorithm>

#include "services/firehose/delete_delivery_stream.h"
#include "services/firehose/resolve.h"
#include "services/firehose/runner.h"

namespace penstock::firehose {
namespace {

Result<std::shared_ptr<LiveStream>> load(Service& service, StreamConfig config) {
  const storage::Store& store = service.deps.store;
  protocol::ApiResult<Settings> settings = settings_of(
      config.destination, config.version, service.deps.clock.now(), service.deps.random);
  if (!settings) return fail(ErrorKind::kCorrupt, settings.error().message);
  const bool deleting = config.deleting;
  auto stream = std::make_shared<LiveStream>(std::move(config), std::move(*settings));
  if (stream->source() == SourceKind::kDirectPut) {
    TRY(const DirectTail tail, load_direct_tail(store, stream->id()));
    stream->direct.next_index = tail.next_index;
    stream->direct.durable_next = tail.next_index;
    stream->direct.backlog_bytes = tail.bytes;
  }
  TRY(const std::uint64_t last, last_ledger_number(store, stream->id()));
  stream->start_ledger_at(last + 1);
  stream->direct.closed = deleting;
  stream->set_status(deleting ? StreamStatus::kDeleting : StreamStatus::kActive);
  // Lanes of shards that have ended are not run again, but count.
  TRY(const auto positions, load_positions(store, stream->id()));
  for (const auto& [lane, position] : positions) stream->show_lane(lane, {.position = position});
  return stream;
}

}  // namespace

Service::Service(Dependencies dependencies, Options options_)
    : deps(std::move(dependencies)), options(options_) {}

Status Service::start() {
  TRY(std::vector<StreamConfig> configs, load_streams(deps.store));
  for (StreamConfig& config : configs) {
    TRY(std::shared_ptr<LiveStream> stream, load(*this, std::move(config)));
    streams.insert(stream);
    if (stream->status() == StreamStatus::kDeleting) {
      gate.spawn(deps.runtime.next_loop(), finish_deletion(*this, stream));
    } else {
      start_lanes(*this, stream);
    }
  }
  return {};
}

void Service::stop() {
  const auto all = streams.all();
  for (const auto& stream : all) stream->gate.request_stop();
  for (const auto& stream : all) stream->gate.close();
  gate.close();
}

std::vector<StreamStats> stats(Service& service) {
  std::vector<StreamStats> all;
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    StreamStats& s = all.emplace_back();
    const Counters& counters = stream->counters;
    s.account = stream->place().account;
    s.region = stream->place().region;
    s.name = stream->name();
    s.arn = stream->arn();
    s.incoming_records = counters.incoming_records;
    s.incoming_bytes = counters.incoming_bytes;
    s.put_requests = counters.put_requests;
    s.read_records = counters.read_records;
    s.read_bytes = counters.read_bytes;
    s.invocations = counters.invocations;
    s.failed_invocations = counters.failed_invocations;
    s.failed_puts = counters.failed_puts;
    for (const auto& [name, lane] : stream->lanes()) {
      const Totals& t = lane.position.totals;
      s.totals.records += t.records;
      s.totals.bytes += t.bytes;
      s.totals.delivered += t.delivered;
      s.totals.dropped += t.dropped;
      s.totals.failed += t.failed;
      s.totals.lost += t.lost;
      s.totals.objects += t.objects;
      s.totals.object_bytes += t.object_bytes;
      s.buffered_records += lane.buffered_records;
      s.newest_delivered_millis = std::max(s.newest_delivered_millis, lane.position.newest_millis);
      s.millis_behind_source = std::max(s.millis_behind_source, lane.behind_millis);
      const std::int64_t oldest = lane.oldest_pending_millis;
      if (oldest != 0 && (s.oldest_pending_millis == 0 || oldest < s.oldest_pending_millis)) {
        s.oldest_pending_millis = oldest;
      }
    }
  }
  return all;
}

Result<std::vector<LedgerEntry>> ledger(Service& service, const Place& place, std::string_view name,
                                        std::uint64_t after, std::size_t limit) {
  const std::shared_ptr<LiveStream> stream = service.streams.find(place, name);
  if (!stream) return fail(ErrorKind::kNotFound, "there is no such delivery stream");
  return read_ledger(service.deps.store, stream->id(), after, limit);
}

Result<std::uint64_t> ledger_end(Service& service, const Place& place, std::string_view name) {
  const std::shared_ptr<LiveStream> stream = service.streams.find(place, name);
  if (!stream) return fail(ErrorKind::kNotFound, "there is no such delivery stream");
  return last_ledger_number(service.deps.store, stream->id());
}

}  // namespace penstock::firehose
