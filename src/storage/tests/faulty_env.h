// Files for tests: the write-ahead log can be made to fail, to wait, or to forget what was not
// synced.
#pragma once

#include <rocksdb/env.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace penstock::storage::testing {

class FaultyEnv final : public rocksdb::EnvWrapper {
 public:
  FaultyEnv() : rocksdb::EnvWrapper(rocksdb::Env::Default()) {}

  // Every later sync of a log fails.
  void fail_syncs() {
    const std::scoped_lock lock(mutex_);
    failing_ = true;
  }
  // Syncs of a log wait until release_syncs().
  void hold_syncs() {
    const std::scoped_lock lock(mutex_);
    holding_ = true;
  }
  void release_syncs() {
    {
      const std::scoped_lock lock(mutex_);
      holding_ = false;
    }
    changed_.notify_all();
  }
  // Waits until a sync is being held.
  void await_held_sync() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_ > 0; });
  }
  std::uint64_t syncs() const {
    const std::scoped_lock lock(mutex_);
    return syncs_;
  }

  // What a power cut leaves of the logs: their synced beginnings. Call with the store closed.
  void forget_unsynced() {
    const std::scoped_lock lock(mutex_);
    for (const auto& [path, bytes] : synced_bytes_) {
      if (std::filesystem::exists(path)) std::filesystem::resize_file(path, bytes);
    }
  }

  rocksdb::Status NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* result,
                                  const rocksdb::EnvOptions& options) override {
    const rocksdb::Status opened = target()->NewWritableFile(name, result, options);
    if (opened.ok() && name.ends_with(".log"))
      *result = std::make_unique<Log>(*this, name, std::move(*result));
    return opened;
  }

 private:
  class Log final : public rocksdb::WritableFileWrapper {
   public:
    Log(FaultyEnv& env, std::string name, std::unique_ptr<rocksdb::WritableFile> file)
        : rocksdb::WritableFileWrapper(file.get()),
          env_(env),
          name_(std::move(name)),
          file_(std::move(file)) {
      env_.note_synced(name_, 0);
    }
    rocksdb::Status Sync() override {
      return synced([this] { return file_->Sync(); });
    }
    rocksdb::Status Fsync() override {
      return synced([this] { return file_->Fsync(); });
    }
    bool IsSyncThreadSafe() const override { return true; }

   private:
    template <typename Sync>
    rocksdb::Status synced(Sync sync) {
      if (!env_.before_sync()) return rocksdb::Status::IOError("injected");
      const std::uint64_t bytes = file_->GetFileSize();
      const rocksdb::Status status = sync();
      if (status.ok()) env_.note_synced(name_, bytes);
      return status;
    }
    FaultyEnv& env_;
    const std::string name_;
    const std::unique_ptr<rocksdb::WritableFile> file_;
  };

  bool before_sync() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !holding_; });
    --held_;
    ++syncs_;
    return !failing_;
  }
  void note_synced(const std::string& name, std::uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    std::uint64_t& known = synced_bytes_[name];
    known = std::max(known, bytes);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool failing_ = false;
  bool holding_ = false;
  int held_ = 0;
  std::uint64_t syncs_ = 0;
  std::map<std::string, std::uint64_t> synced_bytes_;
};

}  // namespace penstock::storage::testing
