// Writing objects of an export to S3.
#include "services/dynamodb/export_upload.h"

#include "base/log.h"
#include "gen/s3/client.h"

namespace penstock::dynamodb {
namespace {

constexpr int kCallAttempts = 5;
constexpr std::chrono::milliseconds kFirstCallPause{200};

template <typename Output, typename Input>
using S3Call = protocol::Reply<Output> (s3::Client::*)(protocol::Context, Input) const;

// Makes the call until it works, is refused for good, has failed five times, or the server stops.
template <typename Output, typename Input>
Task<JobResult<Output>> call_s3(Service& service, const ExportJob& job, S3Call<Output, Input> call,
                                Input input) {
  const s3::Client client(*service.deps.s3);
  const std::stop_token stop = service.gate.stop_token();
  for (int attempt = 1;; ++attempt) {
    if (stop.stop_requested()) co_return std::unexpected(JobFailure());
    auto reply = co_await (client.*call)(job.context(), input);
    if (reply) co_return std::move(*reply);
    if (!is_passing(reply.error()) || attempt == kCallAttempts) {
      co_return std::unexpected(failure_of(reply.error()));
    }
    co_await sleep_for(kFirstCallPause * (1 << attempt), stop);
  }
}

template <typename Input>
Input aimed_at(const ExportJob& job, const std::string& key) {
  Input input;
  input.bucket = job.description.s3_bucket.value_or("");
  input.key = key;
  input.expected_bucket_owner = job.description.s3_bucket_owner;
  return input;
}

}  // namespace

Task<JobResult<void>> put_export_object(Service& service, const ExportJob& job, std::string key,
                                        std::string body, std::string content_type) {
  auto input = aimed_at<s3::api::PutObjectRequest>(job, key);
  input.server_side_encryption = job.description.s3_sse_algorithm;
  input.content_type = std::move(content_type);
  input.content_length = static_cast<std::int64_t>(body.size());
  input.body = net::Body(std::move(body));
  CO_TRY_VOID(co_await call_s3(service, job, &s3::Client::put_object, std::move(input)));
  co_return JobResult<void>();
}

Task<JobResult<void>> ExportUpload::drop_leftovers() {
  s3::api::ListMultipartUploadsRequest list;
  list.bucket = job_.description.s3_bucket.value_or("");
  list.prefix = key_;
  list.expected_bucket_owner = job_.description.s3_bucket_owner;
  CO_TRY(const auto found,
         co_await call_s3(service_, job_, &s3::Client::list_multipart_uploads, std::move(list)));
  if (!found.uploads) co_return JobResult<void>();
  for (const s3::api::MultipartUpload& upload : *found.uploads) {
    auto input = aimed_at<s3::api::AbortMultipartUploadRequest>(job_, key_);
    input.upload_id = upload.upload_id.value_or("");
    CO_TRY_VOID(
        co_await call_s3(service_, job_, &s3::Client::abort_multipart_upload, std::move(input)));
  }
  co_return JobResult<void>();
}

Task<JobResult<void>> ExportUpload::begin() {
  CO_TRY_VOID(co_await drop_leftovers());
  auto input = aimed_at<s3::api::CreateMultipartUploadRequest>(job_, key_);
  input.server_side_encryption = job_.description.s3_sse_algorithm;
  input.content_type = "application/octet-stream";
  CO_TRY(const auto created,
         co_await call_s3(service_, job_, &s3::Client::create_multipart_upload, std::move(input)));
  upload_id_ = created.upload_id.value_or("");
  co_return JobResult<void>();
}

Task<JobResult<void>> ExportUpload::add_part(std::string bytes) {
  auto input = aimed_at<s3::api::UploadPartRequest>(job_, key_);
  input.upload_id = upload_id_;
  input.part_number = static_cast<std::int32_t>(parts_.size() + 1);
  input.content_length = static_cast<std::int64_t>(bytes.size());
  input.body = net::Body(std::move(bytes));
  CO_TRY(const auto output,
         co_await call_s3(service_, job_, &s3::Client::upload_part, std::move(input)));
  s3::api::CompletedPart part;
  part.e_tag = output.e_tag;
  part.part_number = static_cast<std::int32_t>(parts_.size() + 1);
  parts_.push_back(std::move(part));
  co_return JobResult<void>();
}

Task<JobResult<std::string>> ExportUpload::complete() {
  auto input = aimed_at<s3::api::CompleteMultipartUploadRequest>(job_, key_);
  input.upload_id = upload_id_;
  input.multipart_upload.emplace().parts = std::move(parts_);
  CO_TRY(auto output, co_await call_s3(service_, job_, &s3::Client::complete_multipart_upload,
                                       std::move(input)));
  std::string etag = output.e_tag.value_or("");
  std::erase(etag, '"');
  co_return etag;
}

Task<void> ExportUpload::abort() {
  if (upload_id_.empty()) co_return;
  auto input = aimed_at<s3::api::AbortMultipartUploadRequest>(job_, key_);
  input.upload_id = upload_id_;
  const auto aborted =
      co_await s3::Client(*service_.deps.s3).abort_multipart_upload(job_.context(), input);
  if (!aborted) {
    log::warning("dynamodb", "an upload of a failed export could not be taken back",
                 {{"export", job_.arn}, {"key", key_}, {"error", aborted.error().message}});
  }
}

}  // namespace penstock::dynamodb
