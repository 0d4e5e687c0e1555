// Removal of unused files, in order of disposal.
#include "services/s3/reclaimer.h"

#include "base/log.h"

namespace penstock::s3 {

Reclaimer::Reading Reclaimer::enter() {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  reading_.insert(ticket);
  return {shared_from_this(), ticket};
}

void Reclaimer::leave(std::uint64_t ticket) {
  std::vector<std::string> removable;
  {
    const std::scoped_lock lock(mutex_);
    reading_.erase(ticket);
    removable = take_removable();
  }
  remove_later(std::move(removable));
}

void Reclaimer::dispose(std::vector<std::string> file_ids) {
  std::vector<std::string> removable;
  {
    const std::scoped_lock lock(mutex_);
    for (std::string& id : file_ids) doomed_.emplace_back(next_ticket_, std::move(id));
    removable = take_removable();
  }
  remove_later(std::move(removable));
}

std::vector<std::string> Reclaimer::take_removable() {
  std::vector<std::string> removable;
  if (draining_) return removable;
  while (!doomed_.empty() && (reading_.empty() || *reading_.begin() >= doomed_.front().first)) {
    removable.push_back(std::move(doomed_.front().second));
    doomed_.pop_front();
  }
  if (!removable.empty()) ++removing_;
  return removable;
}

void Reclaimer::remove_later(std::vector<std::string> file_ids) {
  if (file_ids.empty()) return;
  runtime_.block([self = shared_from_this(), ids = std::move(file_ids)] {
    for (const std::string& id : ids) {
      if (const Status removed = self->files_.remove({id}); !removed) {
        log::warning("s3", "a file could not be removed",
                     {{"file", id}, {"error", removed.error().message}});
      }
    }
    const std::scoped_lock lock(self->mutex_);
    --self->removing_;
    self->idle_.notify_all();
  });
}

void Reclaimer::drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  idle_.wait(lock, [this] { return removing_ == 0; });
}

}  // namespace penstock::s3
