// The service's life: loading, the background runner, and the ways in beyond the AWS API.
#include "services/dynamodb/dynamodb.h"

#include <fmt/format.h>

#include "base/log.h"
#include "services/dynamodb/backfill.h"
#include "services/dynamodb/change.h"
#include "services/dynamodb/destination.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/retention.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/transfers.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

// Numbers are handed out in memory; what is stored stays this far ahead, so that no crash brings
// one back.
constexpr std::uint32_t kNumbersAhead = 8'192;

}  // namespace

Service::Service(Dependencies dependencies, Options options_)
    : deps(dependencies),
      options(options_),
      history(std::make_shared<History>()),
      transfers(std::make_shared<Transfers>()),
      destinations(std::make_shared<Destinations>()) {}

Status Service::start() {
  TRY_VOID(load(*this));
  TRY_VOID(load_history(*this));
  TRY_VOID(load_transfers(*this));
  TRY_VOID(load_destinations(*this));
  resume_history(*this);
  start_runners(*this);
  for (const TablePtr& live : registry.all_tables()) {
    if (live->table.tracks_expiry() && !live->table.time_to_live->indexed) {
      start_expiry_backfill(*this, live->table.place, live->table.name);
    }
    for (const Index& index : live->table.indexes) {
      if (index.status != IndexStatus::kCreating) continue;
      start_backfill(*this, live->table.place, live->table.name, index.name);
    }
  }
  start_transfers(*this);
  start_destinations(*this);
  return {};
}

void Service::stop() { gate.close(); }

Contents Service::contents_of(std::uint32_t number) const {
  const std::lock_guard lock(contents_mutex_);
  const auto found = contents_.find(number);
  return found != contents_.end() ? found->second : Contents{};
}

void Service::set_contents(std::uint32_t number, Contents contents) {
  const std::lock_guard lock(contents_mutex_);
  contents_[number] = contents;
}

void Service::keep_contents(const std::function<bool(std::uint32_t)>& exists) {
  const std::lock_guard lock(contents_mutex_);
  std::erase_if(contents_, [&exists](const auto& entry) { return !exists(entry.first); });
}

std::uint32_t Service::next_number() { return ++last_number_; }

std::string Service::counter_value() const {
  return storage::ValueWriter(1).u64(last_number_.load() + kNumbersAhead).take();
}

std::unique_ptr<Service> make(Dependencies dependencies, Options options) {
  return std::make_unique<Service>(dependencies, options);
}

Status read_changes(Service& service, std::string_view arn, std::uint64_t after,
                    const std::function<bool(LoggedChange)>& visit) {
  const StreamPtr live = service.registry.find_stream(arn);
  if (live == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no stream {}", arn));
  const std::uint32_t number = live->stream.number;
  Status status;
  TRY_VOID(service.deps.store.scan(
      storage::Family::kChanges, change_key(number, after + 1),
      storage::prefix_end(changes_prefix(number)),
      [&](std::string_view key, std::string_view value) {
        const auto sequence = sequence_of(key);
        auto change = decode_change(value);
        if (!sequence || !change) {
          status = fail(ErrorKind::kCorrupt, "a stored stream record does not decode");
          return storage::Next::kStop;
        }
        LoggedChange logged{.sequence = *sequence,
                            .sequence_number = sequence_text(*sequence),
                            .event_id = make_event_id(number, *sequence),
                            .event_name = event_name(change->kind),
                            .keys = std::move(change->keys)};
        return visit(std::move(logged)) ? storage::Next::kContinue : storage::Next::kStop;
      }));
  return status;
}

Result<std::string> latest_stream_arn(Service& service, const Place& place,
                                      std::string_view table) {
  const TablePtr live = service.registry.find_table(place.account, place.region, table);
  if (live == nullptr || live->table.latest_stream_label.empty()) {
    return fail(ErrorKind::kNotFound, fmt::format("table {} has no stream", table));
  }
  return stream_arn(place, table, live->table.latest_stream_label);
}

}  // namespace penstock::dynamodb
