// Reclaimer: removes files that no object uses any more, once no reader can still want them.
//
// A reader enters before it looks up an object and leaves when it has sent the last byte. A file
// that lost its object is removed when every reader that entered before that moment has left. What
// a crash leaves behind is swept at the next start. Thread-safe; shared, because readers live as
// long as their responses.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "async/executor.h"
#include "storage/blobs.h"

namespace penstock::s3 {

class Reclaimer : public std::enable_shared_from_this<Reclaimer> {
 public:
  // Both must outlive drain().
  Reclaimer(Runtime& runtime, storage::BlobFiles& files) : runtime_(runtime), files_(files) {}

  class Reading {
   public:
    Reading() = default;
    Reading(std::shared_ptr<Reclaimer> owner, std::uint64_t ticket)
        : owner_(std::move(owner)), ticket_(ticket) {}
    Reading(Reading&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), ticket_(other.ticket_) {}
    Reading& operator=(Reading&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(ticket_, other.ticket_);
      return *this;
    }
    ~Reading() {
      if (owner_) owner_->leave(ticket_);
    }

   private:
    std::shared_ptr<Reclaimer> owner_;
    std::uint64_t ticket_ = 0;
  };

  Reading enter();
  // Requires: it is durable that nothing refers to these files (or they were never referred to).
  void dispose(std::vector<std::string> file_ids);
  // Waits until the removals under way are done; files that readers still hold are left to the next
  // start.
  void drain();

 private:
  void leave(std::uint64_t ticket);
  std::vector<std::string> take_removable();  // Requires the mutex.
  void remove_later(std::vector<std::string> file_ids);

  Runtime& runtime_;
  storage::BlobFiles& files_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::uint64_t next_ticket_ = 1;
  std::set<std::uint64_t> reading_;
  std::deque<std::pair<std::uint64_t, std::string>> doomed_;  // Not before ticket, file.
  std::size_t removing_ = 0;
  bool draining_ = false;
};

// Files that were written but belong to no object yet: removed unless they are kept.
class NewFiles {
 public:
  explicit NewFiles(std::shared_ptr<Reclaimer> reclaimer) : reclaimer_(std::move(reclaimer)) {}
  NewFiles(NewFiles&&) noexcept = default;
  NewFiles& operator=(NewFiles&& other) noexcept {
    std::swap(reclaimer_, other.reclaimer_);
    std::swap(ids_, other.ids_);
    return *this;
  }
  ~NewFiles() {
    if (reclaimer_ && !ids_.empty()) reclaimer_->dispose(std::move(ids_));
  }
  void add(std::string id) { ids_.push_back(std::move(id)); }
  void keep() { ids_.clear(); }

 private:
  std::shared_ptr<Reclaimer> reclaimer_;
  std::vector<std::string> ids_;
};

}  // namespace penstock::s3
