// Reading objects: pieces in the store or in files, opened one after the other.
#include "services/s3/content.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

class PieceReader {
 public:
  PieceReader(storage::BlobFiles& files, OpenObject object, ByteRange range)
      : files_(files), object_(std::move(object)), at_(range.first), left_(range.bytes) {}

  std::uint64_t left() const { return left_; }

  // The next bytes, at most `bytes_max` and not beyond the piece; empty at the end. Blocks.
  Result<std::string> read(std::uint64_t bytes_max) {
    if (left_ == 0) return std::string();
    const std::vector<Piece>& pieces = object_.record.pieces;
    while (index_ < pieces.size() && at_ >= start_ + pieces[index_].bytes) {
      start_ += pieces[index_++].bytes;
      file_ = nullptr;
    }
    if (index_ == pieces.size()) {
      return fail(ErrorKind::kCorrupt, "an S3 object has fewer bytes than its record says");
    }
    const Piece& piece = pieces[index_];
    const std::uint64_t offset = at_ - start_;
    const std::uint64_t bytes = std::min({bytes_max, left_, piece.bytes - offset});
    TRY(std::string read, read_piece(piece, offset, bytes));
    if (read.size() != bytes) {
      return fail(ErrorKind::kCorrupt, "a piece of an S3 object is shorter than its record says");
    }
    at_ += bytes;
    left_ -= bytes;
    return read;
  }

 private:
  Result<std::string> read_piece(const Piece& piece, std::uint64_t offset, std::uint64_t bytes) {
    if (piece.place == Piece::Place::kStore) {
      if (offset > object_.small_bytes.size()) return std::string();
      return object_.small_bytes.substr(offset, bytes);
    }
    if (file_ == nullptr) {
      TRY(file_, files_.open_blob({piece.id}));
    }
    return file_->read(offset, bytes);
  }

  storage::BlobFiles& files_;
  OpenObject object_;
  std::uint64_t at_;
  std::uint64_t left_;
  std::uint64_t start_ = 0;  // Where the piece at index_ begins.
  std::size_t index_ = 0;
  std::shared_ptr<storage::BlobReader> file_;
};

class ObjectSource final : public net::BodySource {
 public:
  ObjectSource(Runtime& runtime, PieceReader reader)
      : runtime_(runtime), bytes_(reader.left()), reader_(std::move(reader)) {}

  Task<Result<std::string>> read() override {
    PieceReader* const reader = &reader_;
    return run_blocking(runtime_, [reader] { return reader->read(limits::kS3ReadPieceBytes); });
  }
  std::optional<std::uint64_t> length() const override { return bytes_; }

 private:
  Runtime& runtime_;
  const std::uint64_t bytes_;
  PieceReader reader_;
};

// Blocks.
Result<std::string> read_all(PieceReader& reader) {
  std::string whole;
  while (reader.left() > 0) {
    TRY(std::string piece, reader.read(reader.left()));
    if (whole.empty()) {
      whole = std::move(piece);
    } else {
      whole += piece;
    }
  }
  return whole;
}

}  // namespace

Result<std::optional<OpenObject>> open_object(Service& service, std::uint64_t bucket,
                                              std::string_view key, bool with_bytes) {
  // The record and its small piece are two reads; an overwrite between them takes the piece away,
  // and then the newer record is there.
  for (int attempt = 0; attempt < limits::kS3ReadRetries; ++attempt) {
    OpenObject object;
    object.reading = service.reclaimer->enter();
    TRY(std::optional<ObjectRecord> record, service.objects.object(bucket, key));
    if (!record) return std::optional<OpenObject>();
    object.record = *std::move(record);
    const auto small = std::ranges::find(object.record.pieces, Piece::Place::kStore, &Piece::place);
    if (!with_bytes || small == object.record.pieces.end()) return std::optional(std::move(object));
    TRY(std::optional<std::string> bytes, service.objects.small_piece(small->id));
    if (!bytes) continue;
    object.small_bytes = *std::move(bytes);
    return std::optional(std::move(object));
  }
  return fail(ErrorKind::kUnavailable, "the object is being overwritten too often to be read");
}

Task<Result<net::Body>> content_of(Service& service, OpenObject object, ByteRange range) {
  const bool in_memory =
      object.record.pieces.size() <= 1 &&
      (object.record.pieces.empty() || object.record.pieces.front().place == Piece::Place::kStore);
  if (in_memory && range.first == 0 && range.bytes == object.small_bytes.size()) {
    co_return net::Body(std::move(object.small_bytes));
  }
  PieceReader reader(service.deps.files, std::move(object), range);
  if (range.bytes > limits::kS3ReadPieceBytes) {
    co_return net::Body(std::make_shared<ObjectSource>(service.deps.runtime, std::move(reader)));
  }
  if (in_memory) {
    CO_TRY(std::string bytes, read_all(reader));
    co_return net::Body(std::move(bytes));
  }
  CO_TRY(std::string bytes,
         co_await run_blocking(service.deps.runtime, [&reader] { return read_all(reader); }));
  co_return net::Body(std::move(bytes));
}

}  // namespace penstock::s3
