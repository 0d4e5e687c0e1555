// Called from the engine's threads, which are neither loops nor the blocking pool: waiting is
// allowed.
#include "services/athena/object_bridge.h"

#include <fmt/core.h>

#include "async/gate.h"

namespace penstock::athena {
namespace {

using protocol::ApiError;
using protocol::Reply;

Error as_error(const ApiError& error) {
  const ErrorKind kind = error.status == 404   ? ErrorKind::kNotFound
                         : error.status >= 500 ? ErrorKind::kUnavailable
                                               : ErrorKind::kInvalid;
  return {kind, fmt::format("{} (Service: Amazon S3; Status Code: {}; Error Code: {})",
                            error.message, error.status, error.code)};
}

Reply<std::vector<sql::ObjectInfo>> list_all(s3::Client client, protocol::Context context,
                                             std::string bucket, std::string prefix) {
  std::vector<sql::ObjectInfo> objects;
  std::optional<std::string> token;
  do {
    s3::api::ListObjectsV2Request request;
    request.bucket = bucket;
    request.prefix = prefix;
    request.continuation_token = token;
    CO_TRY(s3::api::ListObjectsV2Output page,
           co_await client.list_objects_v2(context, std::move(request)));
    token.reset();
    if (page.contents) {
      for (s3::api::Object& object : *page.contents) {
        objects.push_back({std::move(object.key).value_or(""),
                           static_cast<std::uint64_t>(object.size.value_or(0)),
                           object.last_modified.value_or(Timestamp{})});
      }
    }
    if (page.is_truncated.value_or(false)) token = std::move(page.next_continuation_token);
  } while (token);
  co_return objects;
}

}  // namespace

Reply<std::string> read_object(s3::Client client, protocol::Context context, std::string bucket,
                               std::string key, std::uint64_t offset, std::uint64_t length) {
  s3::api::GetObjectRequest request;
  request.bucket = std::move(bucket);
  request.key = std::move(key);
  request.range = fmt::format("bytes={}-{}", offset, offset + length - 1);
  auto object = co_await client.get_object(std::move(context), std::move(request));
  if (!object) {
    if (object.error().status == 416) co_return std::string();  // At the end of the object.
    co_return std::unexpected(std::move(object).error());
  }
  CO_TRY(std::string bytes, co_await object->body.collect(length + 1));
  co_return bytes;
}

Result<std::vector<sql::ObjectInfo>> ObjectBridge::list(const std::string& bucket,
                                                        const std::string& prefix) {
  auto objects = block_on(runtime_.next_loop(), list_all(client_, context_, bucket, prefix));
  if (!objects) return std::unexpected(as_error(objects.error()));
  return std::move(*objects);
}

Result<std::string> ObjectBridge::read(const std::string& bucket, const std::string& key,
                                       std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return std::string();
  auto bytes =
      block_on(runtime_.next_loop(), read_object(client_, context_, bucket, key, offset, length));
  if (!bytes) return std::unexpected(as_error(bytes.error()));
  bytes_ += bytes->size();
  if (over_limit()) limit_.stop.request_stop();
  return std::move(*bytes);
}

}  // namespace penstock::athena
