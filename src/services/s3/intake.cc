// Streaming intake. Hashing and writing of larger bodies happen together on the blocking pool.
#include "services/s3/intake.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"
#include "base/limits.h"
#include "net/http.h"
#include "protocol/aws_chunked.h"
#include "services/s3/errors.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

class Sink {
 public:
  Sink(storage::BlobFiles& files, const IntakeOptions& options)
      : files_(files), md5_(Digest::Kind::kMd5), checksum_(options.algorithm) {
    if (options.other_algorithm) other_.emplace(*options.other_algorithm);
  }

  std::uint64_t bytes() const { return bytes_; }
  bool fits_in_memory(std::size_t more) const {
    return writer_ == nullptr && buffer_.size() + more <= limits::kS3InlineBytesMax;
  }
  void hold(std::string piece) {
    bytes_ += piece.size();
    if (buffer_.empty()) {
      buffer_ = std::move(piece);
    } else {
      buffer_ += piece;
    }
  }
  // Blocks.
  Status write(std::string_view piece) {
    if (writer_ == nullptr) {
      TRY(writer_, files_.create());
      hash(buffer_);
      TRY_VOID(writer_->append(buffer_));
      buffer_ = {};
    }
    bytes_ += piece.size();
    hash(piece);
    return writer_->append(piece);
  }
  bool in_file() const { return writer_ != nullptr; }
  // Blocks when in_file().
  Result<std::optional<std::string>> finish() {
    if (!in_file()) {
      hash(buffer_);
      return std::optional<std::string>();
    }
    TRY(storage::BlobId id, writer_->finish());
    return std::optional<std::string>(std::move(id.value));
  }
  std::string take_buffer() { return std::move(buffer_); }
  std::string md5() { return md5_.finish(); }
  std::string checksum() { return checksum_.finish(); }
  std::string other() { return other_ ? other_->finish() : std::string(); }

 private:
  void hash(std::string_view piece) {
    md5_.update(piece);
    checksum_.update(piece);
    if (other_) other_->update(piece);
  }

  storage::BlobFiles& files_;
  Digest md5_;
  ChecksumHasher checksum_;
  std::optional<ChecksumHasher> other_;
  std::string buffer_;
  std::unique_ptr<storage::BlobWriter> writer_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::string make_piece_id(Service& service) {
  constexpr std::string_view kAlphabet = "0123456789abcdef";
  return fmt::format("{:014x}{}", service.deps.clock.now().micros,
                     service.deps.random.token(18, kAlphabet));
}

protocol::Reply<Intake> take_in(Service& service, net::Body body, IntakeOptions options) {
  const std::optional<std::uint64_t> announced = body.length();
  if (announced && *announced > options.bytes_max) {
    co_return std::unexpected(entity_too_large(options.bytes_max, *announced));
  }
  Sink sink(service.deps.files, options);
  while (true) {
    auto read = co_await body.read();
    if (!read) co_return std::unexpected(protocol::body_error(read.error()));
    std::string piece = *std::move(read);
    if (piece.empty()) break;
    if (sink.bytes() + piece.size() > options.bytes_max) {
      co_return std::unexpected(entity_too_large(options.bytes_max, sink.bytes() + piece.size()));
    }
    if (sink.fits_in_memory(piece.size())) {
      sink.hold(std::move(piece));
      continue;
    }
    CO_TRY_VOID(
        co_await run_blocking(service.deps.runtime, [&sink, &piece] { return sink.write(piece); }));
  }
  if (options.content_length &&
      static_cast<std::uint64_t>(*options.content_length) != sink.bytes()) {
    co_return std::unexpected(incomplete_body());
  }

  Intake intake{NewFiles(service.reclaimer)};
  intake.bytes = sink.bytes();
  std::optional<std::string> file_id;
  if (sink.in_file()) {
    CO_TRY(file_id, co_await run_blocking(service.deps.runtime, [&sink] { return sink.finish(); }));
    intake.new_files.add(*file_id);
    intake.pieces.push_back({{Piece::Place::kFile, *file_id, sink.bytes()}, {}});
  } else {
    CO_TRY(file_id, sink.finish());
    if (sink.bytes() > 0) {
      intake.pieces.push_back(
          {{Piece::Place::kStore, make_piece_id(service), sink.bytes()}, sink.take_buffer()});
    }
  }
  intake.md5 = sink.md5();
  intake.checksum_raw = sink.checksum();
  intake.other_raw = sink.other();
  co_return intake;
}

protocol::ApiResult<void> verify_promise(const protocol::Context& context, const Promise& promise,
                                         const Intake& intake, std::string_view checksum_raw) {
  if (promise.md5 && *promise.md5 != intake.md5) {
    return std::unexpected(bad_digest(*promise.content_md5, base64_encode(intake.md5)));
  }
  if (!promise.checksum) return {};
  DeclaredChecksum declared = *promise.checksum;
  if (!declared.value && context.trailers) {
    TRY_VOID(add_trailing_value(declared, context.trailers->find(header_name(declared.algorithm))));
  }
  return verify_checksum(declared, checksum_raw);
}

}  // namespace penstock::s3
