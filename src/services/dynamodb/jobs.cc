// The stored form of imports and exports, their identifiers and the tokens of their lists.
#include "services/dynamodb/jobs.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "gen/dynamodb/model.h"
#include "protocol/json_codec.h"
#include "services/dynamodb/errors.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr std::uint8_t kJobVersion = 1;
constexpr std::size_t kTokenBytesMin = 56;  // 112 hex digits, by the model of ListImports.
constexpr std::size_t kTokenUnit = 8;       // 16 hex digits.
constexpr std::size_t kTokenDigitsMax = 1'024;

}  // namespace

std::string encode_job(const StoredJob& job) {
  storage::ValueWriter out(kJobVersion);
  out.text(job.place.account).text(job.place.region).text(job.principal_arn);
  out.text(job.description).text(job.table).text(job.request);
  return out.take();
}

Result<StoredJob> decode_job(std::string_view bytes) {
  storage::ValueReader in(bytes);
  if (in.version() != kJobVersion) {
    return fail(ErrorKind::kCorrupt, "unknown version of a stored import or export");
  }
  StoredJob job;
  job.place.account = in.text();
  job.place.region = in.text();
  job.principal_arn = in.text();
  job.description = in.text();
  job.table = in.text();
  job.request = in.text();
  if (!in.done()) return fail(ErrorKind::kCorrupt, "a stored import or export does not decode");
  return job;
}

std::string description_json(const protocol::Shape& shape, const void* description) {
  std::string json;
  protocol::encode_json(shape, description, json);
  return json;
}

Status read_description(const protocol::Shape& shape, std::string json, void* description) {
  protocol::Missing missing;
  if (!protocol::decode_json(kServiceInfo, shape, std::move(json), description, missing)) {
    return fail(ErrorKind::kCorrupt, "a stored import or export has no readable description");
  }
  return {};
}

std::string make_job_id(Timestamp now, std::uint64_t random) {
  return fmt::format("{:014}-{:08x}", now.millis(), static_cast<std::uint32_t>(random));
}

bool is_job_arn(std::string_view arn, std::string_view kind) {
  constexpr std::string_view kTable = ":table/";
  constexpr std::size_t kNameMin = 3;
  const std::size_t table = arn.find(kTable);
  if (!arn.starts_with("arn:aws:dynamodb:") || table == std::string_view::npos) return false;
  arn.remove_prefix(table + kTable.size());
  const std::size_t name_end = arn.find('/');
  if (name_end == std::string_view::npos || name_end < kNameMin) return false;
  arn.remove_prefix(name_end + 1);
  return arn.starts_with(kind) && arn.size() > kind.size() + 1 && arn[kind.size()] == '/';
}

std::string make_job_token(std::string_view arn) {
  std::string bytes(arn);
  std::size_t size = bytes.size() < kTokenBytesMin ? kTokenBytesMin : bytes.size();
  size += (kTokenUnit - size % kTokenUnit) % kTokenUnit;
  bytes.resize(size, '\0');
  return to_hex(bytes);
}

std::optional<std::string> read_job_token(std::string_view token) {
  if (token.size() > kTokenDigitsMax) return std::nullopt;
  std::optional<std::string> bytes = from_hex(token);
  if (!bytes) return std::nullopt;
  while (!bytes->empty() && bytes->back() == '\0') bytes->pop_back();
  if (!bytes->starts_with("arn:aws:dynamodb:") || make_job_token(*bytes) != token) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace penstock::dynamodb
