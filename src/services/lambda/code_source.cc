// Reads packages, and the check of a function's role.
#include "services/lambda/code_source.h"

#include <fmt/format.h>

#include "gen/s3/client.h"
#include "services/lambda/errors.h"

namespace penstock::lambda {
namespace {

using protocol::ApiError;
using protocol::Reply;

constexpr std::size_t kDirectBytesMax = 52'428'800;
constexpr std::size_t kObjectBytesMax = 262'144'000;

ApiError s3_failure(std::string_view code, std::string_view message) {
  return invalid_parameter(fmt::format(
      "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}", code, message));
}

Reply<std::string> read_object(Service& service, protocol::Context context, CodeSource source) {
  if (service.deps.s3 == nullptr) co_return std::unexpected(not_supported("Code from S3"));
  s3::api::GetObjectRequest request;
  request.bucket = *source.s3_bucket;
  request.key = *source.s3_key;
  request.version_id = source.s3_object_version;
  const s3::Client client(*service.deps.s3);
  auto object = co_await client.get_object(std::move(context), std::move(request));
  if (!object) co_return std::unexpected(s3_failure(object.error().code, object.error().message));
  auto bytes = co_await object->body.collect(kObjectBytesMax);
  if (bytes) co_return std::move(*bytes);
  if (bytes.error().kind == ErrorKind::kLimit) {
    co_return std::unexpected(invalid_parameter(
        fmt::format("Unzipped size must be smaller than {} bytes", kObjectBytesMax)));
  }
  co_return std::unexpected(s3_failure("InternalError", "The object could not be read."));
}

}  // namespace

Reply<Code> take_code(Service& service, protocol::Context context, CodeSource source) {
  if (source.image_uri) co_return std::unexpected(not_supported("Code from an image (ImageUri)"));
  if (source.source_kms_key_arn) co_return std::unexpected(not_supported("SourceKMSKeyArn"));
  const bool from_s3 = source.s3_bucket && source.s3_key;
  if (source.zip_file && (source.s3_bucket || source.s3_key)) {
    co_return std::unexpected(invalid_parameter(
        "Please do not provide other FunctionCode parameters when providing a ZipFile."));
  }
  if (!source.zip_file && !from_s3) {
    co_return std::unexpected(invalid_parameter("Please provide a source for function code."));
  }
  std::string zip;
  if (from_s3) {
    CO_TRY(zip, co_await read_object(service, std::move(context), std::move(source)));
  } else {
    zip = std::move(source.zip_file->bytes);
    if (zip.size() > kDirectBytesMax) {
      co_return std::unexpected(user_error(
          "RequestEntityTooLargeException",
          fmt::format("Zipped size must be smaller than {} bytes", kDirectBytesMax), 413));
    }
  }
  if (zip.empty())
    co_return std::unexpected(invalid_parameter("Uploaded file must be a non-empty zip"));
  Packages* const packages = service.packages.get();
  const std::string* const bytes = &zip;
  auto code = co_await run_blocking(service.deps.runtime,
                                    [packages, bytes] { return packages->add(*bytes); });
  if (!code) co_return std::unexpected(package_refused(code.error()));
  co_return std::move(*code);
}

Reply<bool> check_role(Service& service, std::string role_arn, std::string function_arn) {
  if (!service.deps.check_role) co_return true;
  const Status usable = co_await service.deps.check_role({.role_arn = std::move(role_arn),
                                                          .service = "lambda.amazonaws.com",
                                                          .source_arn = std::move(function_arn)});
  if (!usable) {
    co_return std::unexpected(
        invalid_parameter("The role defined for the function cannot be assumed by Lambda."));
  }
  co_return true;
}

}  // namespace penstock::lambda
