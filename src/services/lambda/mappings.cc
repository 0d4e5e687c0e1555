// The registry of event source mappings, and how a mapping comes to do what it says.
#include "services/lambda/mappings.h"

#include "base/log.h"
#include "services/lambda/errors.h"
#include "services/lambda/lambda.h"
#include "services/lambda/mapping_store.h"
#include "services/lambda/mapping_window.h"
#include "stream/positions.h"

namespace penstock::lambda {

std::string MappingResult::get() const {
  const std::scoped_lock lock(mutex_);
  return text_;
}

void MappingResult::set(std::string_view result) {
  const std::scoped_lock lock(mutex_);
  if (text_ != result) text_ = result;
}

MappingView LiveMapping::view() const {
  const std::scoped_lock lock(mutex_);
  return view_;
}

void LiveMapping::set(std::shared_ptr<const Mapping> mapping, MappingState state) {
  const std::scoped_lock lock(mutex_);
  view_ = {std::move(mapping), state};
}

void LiveMapping::set_tags(std::shared_ptr<const Mapping> mapping) {
  const std::scoped_lock lock(mutex_);
  view_.mapping = std::move(mapping);
}

std::shared_ptr<LiveMapping> Mappings::find(const Place& place, std::string_view uuid) const {
  const std::scoped_lock lock(mutex_);
  const auto mappings = places_.find(place);
  if (mappings == places_.end()) return nullptr;
  const auto found = mappings->second.find(uuid);
  return found == mappings->second.end() ? nullptr : found->second;
}

void Mappings::insert(std::shared_ptr<LiveMapping> live) {
  const MappingView view = live->view();
  const std::scoped_lock lock(mutex_);
  places_[view.mapping->place][view.mapping->uuid] = std::move(live);
}

void Mappings::erase(const Mapping& mapping) {
  const std::scoped_lock lock(mutex_);
  const auto mappings = places_.find(mapping.place);
  if (mappings != places_.end()) mappings->second.erase(mapping.uuid);
}

std::vector<std::shared_ptr<LiveMapping>> Mappings::list(const Place& place) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveMapping>> out;
  const auto mappings = places_.find(place);
  if (mappings == places_.end()) return out;
  for (const auto& [uuid, live] : mappings->second) out.push_back(live);
  return out;
}

std::vector<std::shared_ptr<LiveMapping>> Mappings::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveMapping>> out;
  for (const auto& [place, mappings] : places_) {
    for (const auto& [uuid, live] : mappings) out.push_back(live);
  }
  return out;
}

void Mappings::request_stop() {
  for (const auto& live : all()) {
    const std::scoped_lock lock(live->mutex_);
    if (live->run_ != nullptr) live->run_->request_stop();
  }
}

void Mappings::stop() {
  for (const auto& live : all()) {
    if (live->run_ != nullptr) live->run_->stop();
  }
}

std::optional<FunctionVersion> mapped_version(const Service& service, const Mapping& mapping) {
  const auto function = service.functions.find(mapping.place, mapping.function);
  const FunctionVersion* const version =
      function == nullptr ? nullptr : function->find_version(mapping.qualifier);
  return version == nullptr ? std::nullopt : std::optional(*version);
}

namespace {

std::unique_ptr<MappingRun> make_run(Service& service, std::shared_ptr<const Mapping> mapping,
                                     std::shared_ptr<MappingResult> result) {
  const auto version = mapped_version(service, *mapping);
  if (!version) {
    result->set(kCallFailed);
    return nullptr;
  }
  return mapping->of_stream()
             ? make_stream_run(service, std::move(mapping), std::move(result), version->role)
             : make_queue_run(service, std::move(mapping), std::move(result), version->role);
}

// The mapping itself and how far it was. Tried again at the next start when it fails.
Task<bool> forget_mapping(Service& service, const Mapping& mapping) {
  storage::Batch batch;
  erase_mapping(batch, mapping);
  stream::forget_reader(batch, stream::PositionSpace::of_reader("lambda/" + mapping.uuid));
  stream::forget_reader(batch, mapping_windows(mapping.uuid));
  const Status durable = co_await service.deps.store.commit(std::move(batch));
  if (!durable) {
    log::error("lambda", "an event source mapping could not be deleted",
               {{"mapping", mapping.uuid}, {"error", durable.error().message}});
  }
  co_return durable.has_value();
}

}  // namespace

Task<void> settle_mapping(Service& service, std::shared_ptr<LiveMapping> live) {
  {
    const std::scoped_lock lock(live->mutex_);
    if (std::exchange(live->settling_, true)) {
      live->again_ = true;
      co_return;
    }
  }
  const std::stop_token stop = service.gate.stop_token();
  for (bool done = false; !done;) {
    const std::shared_ptr<const Mapping> mapping = live->view().mapping;
    if (live->run_ != nullptr) {
      live->run_->request_stop();
      co_await live->run_->stopped();
      const std::scoped_lock lock(live->mutex_);
      live->run_.reset();
    }
    if (stop.stop_requested()) co_return;
    if (mapping->deleting && co_await forget_mapping(service, *mapping)) {
      service.mappings.erase(*mapping);
      co_return;
    }
    if (mapping->enabled && !mapping->deleting) {
      auto run = make_run(service, mapping, live->result);
      MappingRun* const started = run.get();
      {
        const std::scoped_lock lock(live->mutex_);
        live->run_ = std::move(run);
      }
      if (started != nullptr) {
        started->start();
        co_await started->begun(stop);
      }
    }
    const std::scoped_lock lock(live->mutex_);
    if (std::exchange(live->again_, false) || live->view_.mapping != mapping) continue;
    live->settling_ = false;
    if (!mapping->deleting) {
      live->view_.state = mapping->enabled ? MappingState::kEnabled : MappingState::kDisabled;
    }
    done = true;
  }
}

void spawn_settling(Service& service, std::shared_ptr<LiveMapping> live) {
  service.gate.spawn(service.deps.runtime.next_loop(), settle_mapping(service, std::move(live)));
}

void refresh_mappings(Service& service, const Place& place, std::string_view function) {
  for (auto& live : service.mappings.list(place)) {
    const MappingView view = live->view();
    if (view.mapping->function == function && view.mapping->enabled && !view.mapping->deleting) {
      spawn_settling(service, std::move(live));
    }
  }
}

std::uint64_t mappings_turn(const Place& place) {
  return hash_bytes("mappings/" + place.account + "/" + place.region);
}

Status restore_mappings(Service& service) {
  TRY(std::vector<Mapping> loaded, load_mappings(service.deps.store));
  for (Mapping& mapping : loaded) {
    const MappingState state = mapping.deleting  ? MappingState::kDeleting
                               : mapping.enabled ? MappingState::kEnabling
                                                 : MappingState::kDisabled;
    service.mappings.insert(
        std::make_shared<LiveMapping>(std::make_shared<const Mapping>(std::move(mapping)), state));
  }
  return {};
}

protocol::Reply<std::map<std::string, std::string>> change_mapping_tags(
    Service& service, Place place, std::string uuid,
    std::function<protocol::ApiResult<void>(std::map<std::string, std::string>&)> change) {
  auto turn = co_await service.turns.enter(mappings_turn(place));
  const auto live = service.mappings.find(place, uuid);
  if (live == nullptr) {
    co_return std::unexpected(not_found("The resource you requested does not exist."));
  }
  const MappingView view = live->view();
  Mapping changed = *view.mapping;
  CO_TRY_VOID(change(changed.tags));
  if (changed.tags == view.mapping->tags) co_return changed.tags;
  storage::Batch batch;
  put_mapping(batch, changed);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  auto tags = changed.tags;
  live->set_tags(std::make_shared<const Mapping>(std::move(changed)));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return tags;
}

}  // namespace penstock::lambda
