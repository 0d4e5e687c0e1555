// Loading S3's records and building the batches that change them: the only file that knows
// storage/.
//
// Reads named pending_ see what is submitted but not yet durable; they need the turn of the object
// or upload. Scans block on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/s3/records.h"
#include "storage/blobs.h"
#include "storage/store.h"

namespace penstock::s3 {

// A piece and, when it stands in the store, its bytes.
struct NewPiece {
  Piece piece;
  std::string bytes;
};

// A batch, and the files that nothing refers to once it is durable.
struct Change {
  storage::Batch batch;
  std::vector<std::string> unused_files;

  void put_bucket(std::string_view name, const BucketRecord& record);
  void erase_bucket(std::string_view name);
  void put_object(std::uint64_t bucket, std::string_view key, const ObjectRecord& record);
  void erase_object(std::uint64_t bucket, std::string_view key);
  void put_upload(std::uint64_t bucket, std::string_view key, std::string_view id,
                  const UploadRecord& record);
  void erase_upload(std::uint64_t bucket, std::string_view key, std::string_view id);
  void put_part(std::string_view upload_id, std::int32_t number, const PartRecord& record);
  void erase_part(std::string_view upload_id, std::int32_t number);
  // Bytes come and go apart from the records that name them.
  void add_piece(NewPiece piece);
  void drop_pieces(const std::vector<Piece>& pieces);
};

class ObjectStore {
 public:
  explicit ObjectStore(storage::Store& store) : store_(store) {}

  storage::Commit submit(storage::Batch batch) { return store_.submit(std::move(batch)); }
  Task<Status> commit(storage::Batch batch) { return store_.commit(std::move(batch)); }

  Status scan_buckets(const std::function<void(std::string name, BucketRecord)>& visit) const;

  Result<std::optional<ObjectRecord>> object(std::uint64_t bucket, std::string_view key) const;
  Result<std::optional<ObjectRecord>> pending_object(std::uint64_t bucket,
                                                     std::string_view key) const;
  // Objects from key `from` on, in order, until `visit` says kStop. `record` decodes as a summary.
  using ObjectVisit = std::function<storage::Next(std::string key, std::string_view record)>;
  Status scan_objects(std::uint64_t bucket, std::string_view from, const ObjectVisit& visit) const;
  Result<bool> has_objects(std::uint64_t bucket) const;

  Result<std::optional<UploadRecord>> upload(std::uint64_t bucket, std::string_view key,
                                             std::string_view id) const;
  Result<std::optional<UploadRecord>> pending_upload(std::uint64_t bucket, std::string_view key,
                                                     std::string_view id) const;
  // Uploads by key, then in order of their beginning; from key `from` on.
  using UploadVisit = std::function<storage::Next(std::string key, std::string upload_id,
                                                  const UploadRecord& record)>;
  Status scan_uploads(std::uint64_t bucket, std::string_view from, const UploadVisit& visit) const;

  Result<std::optional<PartRecord>> pending_part(std::string_view upload_id,
                                                 std::int32_t number) const;
  using PartVisit = std::function<storage::Next(std::int32_t number, PartRecord record)>;
  Status scan_parts(std::string_view upload_id, std::int32_t after, const PartVisit& visit) const;

  Result<std::optional<std::string>> small_piece(std::string_view id) const;

  // At start-up: erases parts of uploads that are no more, then the files that nothing refers to.
  Status sweep(storage::BlobFiles& files);

 private:
  storage::Store& store_;
};

}  // namespace penstock::s3
