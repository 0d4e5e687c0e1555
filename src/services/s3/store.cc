// Records to batches and back. Damage is reported with the place, never skipped.
#include "services/s3/store.h"

#include <fmt/format.h>

#include <set>

#include "services/s3/keys.h"

namespace penstock::s3 {
namespace {

using storage::Family;
using storage::Next;

Error bad_key(std::string_view what) {
  return {ErrorKind::kCorrupt, fmt::format("a stored key of an S3 {} cannot be read", what)};
}

template <typename Record>
Result<std::optional<Record>> decoded(Result<std::optional<std::string>> value,
                                      Result<Record> (*decode)(std::string_view)) {
  if (!value) return std::unexpected(std::move(value).error());
  if (!*value) return std::optional<Record>();
  TRY(Record record, decode(**value));
  return std::optional<Record>(std::move(record));
}

}  // namespace

void Change::put_bucket(std::string_view name, const BucketRecord& record) {
  batch.put(Family::kMeta, bucket_key(name), encode(record));
}

void Change::erase_bucket(std::string_view name) { batch.erase(Family::kMeta, bucket_key(name)); }

void Change::put_object(std::uint64_t bucket, std::string_view key, const ObjectRecord& record) {
  batch.put(Family::kObjects, object_key(bucket, key), encode(record));
}

void Change::erase_object(std::uint64_t bucket, std::string_view key) {
  batch.erase(Family::kObjects, object_key(bucket, key));
}

void Change::put_upload(std::uint64_t bucket, std::string_view key, std::string_view id,
                        const UploadRecord& record) {
  batch.put(Family::kObjects, upload_key(bucket, key, id), encode(record));
}

void Change::erase_upload(std::uint64_t bucket, std::string_view key, std::string_view id) {
  batch.erase(Family::kObjects, upload_key(bucket, key, id));
}

void Change::put_part(std::string_view upload_id, std::int32_t number, const PartRecord& record) {
  batch.put(Family::kObjects, part_key(upload_id, number), encode(record));
}

void Change::erase_part(std::string_view upload_id, std::int32_t number) {
  batch.erase(Family::kObjects, part_key(upload_id, number));
}

void Change::add_piece(NewPiece piece) {
  if (piece.piece.place == Piece::Place::kFile) {
    batch.put(Family::kObjects, file_piece_key(piece.piece.id), {});
  } else {
    batch.put(Family::kObjects, small_piece_key(piece.piece.id), std::move(piece.bytes));
  }
}

void Change::drop_pieces(const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    if (piece.place == Piece::Place::kFile) {
      batch.erase(Family::kObjects, file_piece_key(piece.id));
      unused_files.push_back(piece.id);
    } else {
      batch.erase(Family::kObjects, small_piece_key(piece.id));
    }
  }
}

Status ObjectStore::scan_buckets(
    const std::function<void(std::string name, BucketRecord)>& visit) const {
  Status failure;
  const std::string begin(1, static_cast<char>(kTagBucket));
  const std::string end(1, static_cast<char>(kTagBucket + 1));
  TRY_VOID(
      store_.scan(Family::kMeta, begin, end, [&](std::string_view key, std::string_view value) {
        auto name = bucket_name_of(key);
        auto record = decode_bucket(value);
        if (!name || !record) {
          failure = std::unexpected(name ? record.error() : bad_key("bucket"));
          return Next::kStop;
        }
        visit(*std::move(name), *std::move(record));
        return Next::kContinue;
      }));
  return failure;
}

Result<std::optional<ObjectRecord>> ObjectStore::object(std::uint64_t bucket,
                                                        std::string_view key) const {
  return decoded(store_.get(Family::kObjects, object_key(bucket, key)), &decode_object);
}

Result<std::optional<ObjectRecord>> ObjectStore::pending_object(std::uint64_t bucket,
                                                                std::string_view key) const {
  return decoded(store_.latest(Family::kObjects, object_key(bucket, key)), &decode_object);
}

Status ObjectStore::scan_objects(std::uint64_t bucket, std::string_view from,
                                 const ObjectVisit& visit) const {
  Status failure;
  TRY_VOID(store_.scan(Family::kObjects, object_scan_begin(bucket, from), object_scan_end(bucket),
                       [&](std::string_view key, std::string_view value) {
                         auto name = object_key_of(key);
                         if (!name) {
                           failure = std::unexpected(bad_key("object"));
                           return Next::kStop;
                         }
                         return visit(*std::move(name), value);
                       }));
  return failure;
}

Result<bool> ObjectStore::has_objects(std::uint64_t bucket) const {
  bool any = false;
  TRY_VOID(scan_objects(bucket, {}, [&any](const std::string&, std::string_view) {
    any = true;
    return Next::kStop;
  }));
  return any;
}

Result<std::optional<UploadRecord>> ObjectStore::upload(std::uint64_t bucket, std::string_view key,
                                                        std::string_view id) const {
  return decoded(store_.get(Family::kObjects, upload_key(bucket, key, id)), &decode_upload);
}

Result<std::optional<UploadRecord>> ObjectStore::pending_upload(std::uint64_t bucket,
                                                                std::string_view key,
                                                                std::string_view id) const {
  return decoded(store_.latest(Family::kObjects, upload_key(bucket, key, id)), &decode_upload);
}

Status ObjectStore::scan_uploads(std::uint64_t bucket, std::string_view from,
                                 const UploadVisit& visit) const {
  Status failure;
  TRY_VOID(store_.scan(Family::kObjects, upload_scan_begin(bucket, from), upload_scan_end(bucket),
                       [&](std::string_view key, std::string_view value) {
                         auto name = upload_name_of(key);
                         auto record = decode_upload(value);
                         if (!name || !record) {
                           failure = std::unexpected(name ? record.error() : bad_key("upload"));
                           return Next::kStop;
                         }
                         return visit(std::move(name->key), std::move(name->upload_id), *record);
                       }));
  return failure;
}

Result<std::optional<PartRecord>> ObjectStore::pending_part(std::string_view upload_id,
                                                            std::int32_t number) const {
  return decoded(store_.latest(Family::kObjects, part_key(upload_id, number)), &decode_part);
}

Status ObjectStore::scan_parts(std::string_view upload_id, std::int32_t after,
                               const PartVisit& visit) const {
  Status failure;
  TRY_VOID(store_.scan(Family::kObjects, part_scan_begin(upload_id, after),
                       part_scan_end(upload_id), [&](std::string_view key, std::string_view value) {
                         const auto name = part_name_of(key);
                         auto record = decode_part(value);
                         if (!name || !record) {
                           failure = std::unexpected(name ? record.error() : bad_key("part"));
                           return Next::kStop;
                         }
                         return visit(name->number, *std::move(record));
                       }));
  return failure;
}

Result<std::optional<std::string>> ObjectStore::small_piece(std::string_view id) const {
  return store_.get(Family::kObjects, small_piece_key(id));
}

Status ObjectStore::sweep(storage::BlobFiles& files) {
  const auto range = [](std::uint8_t tag) {
    return std::pair(std::string(1, static_cast<char>(tag)),
                     std::string(1, static_cast<char>(tag + 1)));
  };
  Status failure;
  std::set<std::string> uploads;
  const auto [uploads_begin, uploads_end] = range(kTagUpload);
  TRY_VOID(store_.scan(Family::kObjects, uploads_begin, uploads_end,
                       [&](std::string_view key, std::string_view) {
                         auto name = upload_name_of(key);
                         if (name) uploads.insert(std::move(name->upload_id));
                         return Next::kContinue;
                       }));
  Change change;
  const auto [parts_begin, parts_end] = range(kTagPart);
  TRY_VOID(store_.scan(Family::kObjects, parts_begin, parts_end,
                       [&](std::string_view key, std::string_view value) {
                         const auto name = part_name_of(key);
                         const auto record = decode_part(value);
                         if (!name || !record) {
                           failure = std::unexpected(name ? record.error() : bad_key("part"));
                           return Next::kStop;
                         }
                         if (uploads.contains(name->upload_id)) return Next::kContinue;
                         change.erase_part(name->upload_id, name->number);
                         change.drop_pieces(record->pieces);
                         return Next::kContinue;
                       }));
  TRY_VOID(std::move(failure));
  if (!change.batch.empty()) TRY_VOID(store_.commit_blocking(std::move(change.batch)));

  Status lookup;  // A failed look-up must not look like "not referenced".
  TRY_VOID(files.sweep([&](const storage::BlobId& id) {
    const auto found = store_.get(Family::kObjects, file_piece_key(id.value));
    if (!found) lookup = std::unexpected(found.error());
    return !found || found->has_value();
  }));
  return lookup;
}

}  // namespace penstock::s3
