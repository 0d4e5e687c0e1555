// The stored form of S3's records: a version, then the fields in the order they are written here
// (codec: docs/storage_format.md).
#include "services/s3/records.h"

#include "storage/key.h"

namespace penstock::s3 {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kVersion = 1;

Error corrupt(std::string_view what) {
  return {ErrorKind::kCorrupt, "a stored S3 " + std::string(what) + " cannot be read"};
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

void write_pairs(ValueWriter& out, const Pairs& pairs) {
  out.u64(pairs.size());
  for (const auto& [name, value] : pairs) out.text(name).text(value);
}

// Counts are not trusted for reservations: the loop ends with the bytes.
Pairs read_pairs(ValueReader& in) {
  Pairs pairs;
  for (std::uint64_t left = in.u64(); left > 0 && in.ok(); --left) {
    std::string name(in.text());
    pairs.emplace_back(std::move(name), std::string(in.text()));
  }
  return pairs;
}

void write_checksum(ValueWriter& out, const Checksum& checksum) {
  out.u64(static_cast<std::uint64_t>(checksum.algorithm));
  out.u64(static_cast<std::uint64_t>(checksum.type));
  out.text(checksum.raw).u64(checksum.parts_count);
}

std::optional<ChecksumAlgorithm> read_algorithm(ValueReader& in) {
  const std::uint64_t number = in.u64();
  if (!in.ok() || number < 1 || number > 5) return std::nullopt;
  return static_cast<ChecksumAlgorithm>(number);
}

std::optional<Checksum> read_checksum(ValueReader& in) {
  const auto algorithm = read_algorithm(in);
  const std::uint64_t type = in.u64();
  if (!algorithm || type > 1) return std::nullopt;
  Checksum checksum{*algorithm, static_cast<ChecksumType>(type), std::string(in.text()), 0};
  checksum.parts_count = static_cast<std::uint32_t>(in.u64());
  if (!in.ok()) return std::nullopt;
  return checksum;
}

void write_headers(ValueWriter& out, const ContentHeaders& h) {
  out.text(h.cache_control).text(h.content_disposition).text(h.content_encoding);
  out.text(h.content_language).text(h.content_type).text(h.expires);
  out.text(h.website_redirect_location);
}

ContentHeaders read_headers(ValueReader& in) {
  ContentHeaders h;
  for (std::string* field :
       {&h.cache_control, &h.content_disposition, &h.content_encoding, &h.content_language,
        &h.content_type, &h.expires, &h.website_redirect_location}) {
    *field = in.text();
  }
  return h;
}

void write_pieces(ValueWriter& out, const std::vector<Piece>& pieces) {
  out.u64(pieces.size());
  for (const Piece& piece : pieces) {
    out.u64(static_cast<std::uint64_t>(piece.place)).text(piece.id).u64(piece.bytes);
  }
}

std::vector<Piece> read_pieces(ValueReader& in) {
  std::vector<Piece> pieces;
  for (std::uint64_t left = in.u64(); left > 0 && in.ok(); --left) {
    Piece piece;
    piece.place = in.u64() == 0 ? Piece::Place::kStore : Piece::Place::kFile;
    piece.id = in.text();
    piece.bytes = in.u64();
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

bool read_version(ValueReader& in) { return in.version() == kVersion; }

std::optional<ObjectSummary> read_summary(ValueReader& in) {
  if (!read_version(in)) return std::nullopt;
  ObjectSummary summary;
  summary.bytes = in.u64();
  summary.etag = in.text();
  summary.modified = {in.i64()};
  summary.storage_class = in.text();
  auto checksum = read_checksum(in);
  if (!checksum) return std::nullopt;
  summary.checksum = *std::move(checksum);
  return summary;
}

}  // namespace

std::string encode(const BucketRecord& record) {
  ValueWriter out(kVersion);
  out.u64(record.id).text(record.owner).text(record.region).i64(record.created.micros);
  write_pairs(out, record.tags);
  return out.take();
}

Result<BucketRecord> decode_bucket(std::string_view value) {
  ValueReader in(value);
  if (!read_version(in)) return std::unexpected(corrupt("bucket"));
  BucketRecord record;
  record.id = in.u64();
  record.owner = in.text();
  record.region = in.text();
  record.created = {in.i64()};
  record.tags = read_pairs(in);
  if (!in.done()) return std::unexpected(corrupt("bucket"));
  return record;
}

std::string encode(const ObjectRecord& record) {
  ValueWriter out(kVersion);
  const ObjectSummary& summary = record.summary;
  out.u64(summary.bytes)
      .text(summary.etag)
      .i64(summary.modified.micros)
      .text(summary.storage_class);
  write_checksum(out, summary.checksum);
  write_headers(out, record.headers);
  write_pairs(out, record.metadata);
  write_pairs(out, record.tags);
  write_pieces(out, record.pieces);
  out.text(record.upload_id).u64(record.parts.size());
  for (const PartSummary& part : record.parts) {
    out.u64(static_cast<std::uint64_t>(part.number)).u64(part.bytes).text(part.checksum_raw);
  }
  return out.take();
}

Result<ObjectSummary> decode_object_summary(std::string_view value) {
  ValueReader in(value);
  auto summary = read_summary(in);
  if (!summary) return std::unexpected(corrupt("object"));
  return *std::move(summary);
}

Result<ObjectRecord> decode_object(std::string_view value) {
  ValueReader in(value);
  auto summary = read_summary(in);
  if (!summary) return std::unexpected(corrupt("object"));
  ObjectRecord record;
  record.summary = *std::move(summary);
  record.headers = read_headers(in);
  record.metadata = read_pairs(in);
  record.tags = read_pairs(in);
  record.pieces = read_pieces(in);
  record.upload_id = in.text();
  for (std::uint64_t left = in.u64(); left > 0 && in.ok(); --left) {
    PartSummary part;
    part.number = static_cast<std::int32_t>(in.u64());
    part.bytes = in.u64();
    part.checksum_raw = in.text();
    record.parts.push_back(std::move(part));
  }
  if (!in.done()) return std::unexpected(corrupt("object"));
  return record;
}

std::string encode(const UploadRecord& record) {
  ValueWriter out(kVersion);
  out.i64(record.initiated.micros).text(record.initiator).text(record.attributes.storage_class);
  write_headers(out, record.attributes.headers);
  write_pairs(out, record.attributes.metadata);
  write_pairs(out, record.attributes.tags);
  out.u64(static_cast<std::uint64_t>(record.checksum.algorithm));
  out.u64(static_cast<std::uint64_t>(record.checksum.type)).boolean(record.checksum.chosen);
  out.boolean(record.key_existed);
  return out.take();
}

Result<UploadRecord> decode_upload(std::string_view value) {
  ValueReader in(value);
  if (!read_version(in)) return std::unexpected(corrupt("upload"));
  UploadRecord record;
  record.initiated = {in.i64()};
  record.initiator = in.text();
  record.attributes.storage_class = in.text();
  record.attributes.headers = read_headers(in);
  record.attributes.metadata = read_pairs(in);
  record.attributes.tags = read_pairs(in);
  const auto algorithm = read_algorithm(in);
  const std::uint64_t type = in.u64();
  if (!algorithm || type > 1) return std::unexpected(corrupt("upload"));
  record.checksum.algorithm = *algorithm;
  record.checksum.type = static_cast<ChecksumType>(type);
  record.checksum.chosen = in.boolean();
  record.key_existed = in.boolean();
  if (!in.done()) return std::unexpected(corrupt("upload"));
  return record;
}

std::string encode(const PartRecord& record) {
  ValueWriter out(kVersion);
  out.text(record.md5).i64(record.modified.micros).u64(record.bytes);
  write_checksum(out, record.checksum);
  out.boolean(record.other_checksum.has_value());
  if (record.other_checksum) write_checksum(out, *record.other_checksum);
  write_pieces(out, record.pieces);
  return out.take();
}

Result<PartRecord> decode_part(std::string_view value) {
  ValueReader in(value);
  if (!read_version(in)) return std::unexpected(corrupt("part"));
  PartRecord record;
  record.md5 = in.text();
  record.modified = {in.i64()};
  record.bytes = in.u64();
  auto checksum = read_checksum(in);
  if (!checksum) return std::unexpected(corrupt("part"));
  record.checksum = *std::move(checksum);
  if (in.boolean()) {
    record.other_checksum = read_checksum(in);
    if (!record.other_checksum) return std::unexpected(corrupt("part"));
  }
  record.pieces = read_pieces(in);
  if (!in.done()) return std::unexpected(corrupt("part"));
  return record;
}

}  // namespace penstock::s3
