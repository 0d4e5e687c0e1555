// BlobFiles: big immutable byte strings as files beside the store (S3 objects, function packages).
//
// A blob is written under a temporary name, synced, then renamed to its id before the metadata that
// points at it is committed: a crash leaves at most an unreferenced file, which sweep() removes.
// All calls block; run them on the blocking pool. Thread-safe (a writer belongs to one thread at a
// time).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/store.h"

namespace penstock::storage {

struct BlobId {
  std::string value;  // Path-safe.
  friend auto operator<=>(const BlobId&, const BlobId&) = default;
};

class BlobWriter {
 public:
  virtual ~BlobWriter() = default;  // Without finish(): the bytes are thrown away.
  virtual Status append(std::string_view bytes) = 0;
  // Syncs (unless Durability::kNone) and names the file. Call once, last.
  virtual Result<BlobId> finish() = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual std::uint64_t size() const = 0;
  // Exactly min(length, size - offset) bytes. Safe from several threads.
  virtual Result<std::string> read(std::uint64_t offset, std::uint64_t length) const = 0;
};

class BlobFiles {
 public:
  static Result<std::unique_ptr<BlobFiles>> open(std::string directory, Durability durability);
  virtual ~BlobFiles() = default;

  virtual Result<std::unique_ptr<BlobWriter>> create() = 0;
  virtual Result<std::shared_ptr<BlobReader>> open_blob(const BlobId& id) const = 0;
  // Removes the file once no open reader needs it. Absent is fine.
  virtual Status remove(const BlobId& id) = 0;
  // Removes every file that `is_referenced` does not know, temporary ones included. At start-up
  // only.
  virtual Status sweep(const std::function<bool(const BlobId&)>& is_referenced) = 0;
};

}  // namespace penstock::storage
