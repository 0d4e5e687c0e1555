// DeleteObject and DeleteObjects. To delete what is not there succeeds.
#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/write.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

api::Error error_of(const api::ObjectIdentifier& object, const ApiError& refusal) {
  api::Error error;
  error.key = object.key;
  error.version_id = object.version_id;
  error.code = refusal.code;
  error.message = refusal.message;
  return error;
}

ApiResult<void> check_identifier(const api::ObjectIdentifier& object) {
  if (auto good = check_key(object.key); !good) return good;
  if (object.last_modified_time || object.size) {
    return std::unexpected(header_not_implemented(object.size ? "Size" : "LastModifiedTime"));
  }
  return check_version(object.version_id, object.key);
}

}  // namespace

Reply<api::DeleteObjectOutput> delete_object(Service& service, const protocol::Context& context,
                                             api::DeleteObjectRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  if (input.if_match_size) {
    co_return std::unexpected(header_not_implemented("x-amz-if-match-size"));
  }
  if (input.if_match_last_modified_time) {
    co_return std::unexpected(header_not_implemented("x-amz-if-match-last-modified-time"));
  }
  CO_TRY(std::optional<Submitted> submitted,
         co_await submit_delete(service, std::move(bucket), std::move(input.key),
                                std::move(input.if_match)));
  if (submitted) CO_TRY_VOID(co_await settle(service, *std::move(submitted)));
  api::DeleteObjectOutput output;
  output.version_id = input.version_id;
  co_return output;
}

Reply<api::DeleteObjectsOutput> delete_objects(Service& service, const protocol::Context& context,
                                               api::DeleteObjectsRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(refuse_unsupported(input));
  const std::vector<api::ObjectIdentifier>& objects = input.delete_.objects;
  if (objects.empty() || objects.size() > limits::kS3DeleteKeysMax) {
    co_return std::unexpected(malformed_xml());
  }
  struct Outcome {
    std::optional<Submitted> submitted;
    std::optional<ApiError> refusal;
  };
  // All are submitted before the first is awaited, so that they share a sync.
  std::vector<Outcome> outcomes;
  outcomes.reserve(objects.size());
  for (const api::ObjectIdentifier& object : objects) {
    Outcome outcome;
    if (auto good = check_identifier(object); !good) {
      outcome.refusal = std::move(good).error();
    } else {
      auto submitted = co_await submit_delete(service, bucket, object.key, object.e_tag);
      if (submitted) {
        outcome.submitted = *std::move(submitted);
      } else {
        outcome.refusal = std::move(submitted).error();
      }
    }
    outcomes.push_back(std::move(outcome));
  }

  api::DeleteObjectsOutput output;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    Outcome& outcome = outcomes[i];
    if (outcome.submitted) {
      auto settled = co_await settle(service, *std::move(outcome.submitted));
      if (!settled) outcome.refusal = std::move(settled).error();
    }
    if (outcome.refusal) {
      if (!output.errors) output.errors.emplace();
      output.errors->push_back(error_of(objects[i], *outcome.refusal));
    } else if (!input.delete_.quiet.value_or(false)) {
      if (!output.deleted) output.deleted.emplace();
      api::DeletedObject deleted;
      deleted.key = objects[i].key;
      deleted.version_id = objects[i].version_id;
      output.deleted->push_back(std::move(deleted));
    }
  }
  co_return output;
}

}  // namespace penstock::s3
