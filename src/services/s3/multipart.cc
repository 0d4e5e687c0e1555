// The rules of completion, from the documentation of CompleteMultipartUpload and UploadPart.
#include "services/s3/multipart.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/conditions.h"
#include "services/s3/errors.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;

std::string lower_name(ChecksumAlgorithm algorithm) { return to_lower(to_string(algorithm)); }

ApiError type_mismatch(ChecksumAlgorithm expected, std::string_view actual) {
  return invalid_request(fmt::format(
      "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
      lower_name(expected), actual));
}

ApiResult<void> check_listed_part(const std::string& upload_id, const MultipartChecksum& upload,
                                  const ListedPart& listed, const PartRecord* stored) {
  const auto missing = [&] {
    return std::unexpected(invalid_part(upload_id, listed.number, unquoted(listed.etag)));
  };
  if (stored == nullptr || unquoted(listed.etag) != to_hex(stored->md5)) return missing();
  auto declared = declared_checksum(listed.checksums);
  if (!declared) return std::unexpected(std::move(declared).error());
  if (!*declared) {
    // A composite checksum is made of the parts' checksums, so the client must have seen them all.
    if (upload.chosen && upload.type == ChecksumType::kComposite) {
      return std::unexpected(invalid_request(fmt::format(
          "The upload was created using a {} checksum. The complete request must include "
          "the checksum for each part. It was missing for part {} in the request.",
          lower_name(upload.algorithm), listed.number)));
    }
    return {};
  }
  const DeclaredChecksum& said = **declared;
  const Checksum* kept = nullptr;
  if (said.algorithm == stored->checksum.algorithm) kept = &stored->checksum;
  if (stored->other_checksum && said.algorithm == stored->other_checksum->algorithm) {
    kept = &*stored->other_checksum;
  }
  if (kept == nullptr) {
    if (upload.chosen) {
      return std::unexpected(type_mismatch(upload.algorithm, lower_name(said.algorithm)));
    }
    return missing();
  }
  if (base64_decode(*said.value) != kept->raw) return missing();
  return {};
}

ApiResult<void> check_whole(const Completion& completion, const PlannedObject& planned) {
  if (completion.object_bytes &&
      static_cast<std::uint64_t>(*completion.object_bytes) != planned.bytes) {
    return std::unexpected(invalid_request(
        fmt::format("The provided 'x-amz-mp-object-size' header value {} does not match what was "
                    "computed: {}",
                    *completion.object_bytes, planned.bytes)));
  }
  if (completion.checksum_type && *completion.checksum_type != to_string(planned.checksum.type)) {
    return std::unexpected(invalid_request(fmt::format(
        "The upload was created using the {} checksum mode. The complete request must use the same "
        "checksum mode.",
        to_string(planned.checksum.type))));
  }
  // A composite value may be sent with its "-N", which base64 does not know.
  ChecksumHeaders headers = completion.checksums;
  for (auto* value :
       {&headers.crc32, &headers.crc32c, &headers.crc64nvme, &headers.sha1, &headers.sha256}) {
    if (!*value) continue;
    if (const std::size_t hyphen = (*value)->rfind('-'); hyphen != std::string::npos) {
      if ((*value)->substr(hyphen + 1) != fmt::to_string(planned.checksum.parts_count)) {
        return std::unexpected(checksum_mismatch(to_string(planned.checksum.algorithm)));
      }
      (*value)->resize(hyphen);
    }
  }
  auto declared = declared_checksum(headers);
  if (!declared) return std::unexpected(std::move(declared).error());
  if (!*declared) return {};
  if ((*declared)->algorithm != planned.checksum.algorithm) {
    return std::unexpected(
        type_mismatch(planned.checksum.algorithm, lower_name((*declared)->algorithm)));
  }
  return verify_checksum(**declared, planned.checksum.raw);
}

}  // namespace

ApiResult<std::optional<ChecksumAlgorithm>> part_checksum(
    const MultipartChecksum& upload, const std::optional<DeclaredChecksum>& declared) {
  if (!declared) {
    if (upload.chosen && upload.type == ChecksumType::kComposite) {
      return std::unexpected(type_mismatch(upload.algorithm, "null"));
    }
    return std::nullopt;
  }
  if (declared->algorithm == upload.algorithm) return std::nullopt;
  if (upload.chosen) {
    return std::unexpected(type_mismatch(upload.algorithm, lower_name(declared->algorithm)));
  }
  return declared->algorithm;
}

ApiResult<PlannedObject> plan_completion(
    const std::string& upload_id, const MultipartChecksum& upload, const Completion& completion,
    const std::function<const PartRecord*(std::int32_t number)>& part) {
  if (completion.parts.empty()) {
    return std::unexpected(invalid_request("You must specify at least one part"));
  }
  if (completion.parts.size() > static_cast<std::size_t>(limits::kS3PartNumberMax)) {
    return std::unexpected(malformed_xml());
  }
  for (std::size_t i = 1; i < completion.parts.size(); ++i) {
    if (completion.parts[i].number <= completion.parts[i - 1].number) {
      return std::unexpected(invalid_part_order(upload_id));
    }
  }
  PlannedObject planned;
  std::string md5s;
  std::vector<ChecksumOfPart> checksums;
  for (const ListedPart& listed : completion.parts) {
    const PartRecord* stored = part(listed.number);
    if (auto good = check_listed_part(upload_id, upload, listed, stored); !good) {
      return std::unexpected(std::move(good).error());
    }
    md5s += stored->md5;
    checksums.push_back({stored->checksum.raw, stored->bytes});
    planned.bytes += stored->bytes;
    planned.parts.push_back({listed.number, stored->bytes, stored->checksum.raw});
    planned.pieces.insert(planned.pieces.end(), stored->pieces.begin(), stored->pieces.end());
  }
  for (std::size_t i = 0; i + 1 < completion.parts.size(); ++i) {
    if (planned.parts[i].bytes < limits::kS3PartBytesMin) {
      const ListedPart& listed = completion.parts[i];
      return std::unexpected(
          entity_too_small(unquoted(listed.etag), listed.number, planned.parts[i].bytes));
    }
  }
  if (planned.bytes > limits::kS3ObjectBytesMax) {
    return std::unexpected(entity_too_large(limits::kS3ObjectBytesMax, planned.bytes));
  }
  planned.etag = fmt::format("{}-{}", to_hex(md5(md5s)), completion.parts.size());
  planned.checksum = checksum_of_parts(upload.algorithm, upload.type, checksums);
  if (auto good = check_whole(completion, planned); !good) {
    return std::unexpected(std::move(good).error());
  }
  return planned;
}

}  // namespace penstock::s3
