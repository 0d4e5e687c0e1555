// What makes a multipart upload an object: which parts may be put together, and what comes out.
// Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/api_error.h"
#include "services/s3/records.h"

namespace penstock::s3 {

// A part as CompleteMultipartUpload lists it.
struct ListedPart {
  std::int32_t number = 0;
  std::string etag;           // With or without quotes.
  ChecksumHeaders checksums;  // At most the values; no sdk_algorithm.
};

// What CompleteMultipartUpload says of the whole.
struct Completion {
  std::vector<ListedPart> parts;
  ChecksumHeaders checksums;
  std::optional<std::string> checksum_type;
  std::optional<std::int64_t> object_bytes;
};

struct PlannedObject {
  std::uint64_t bytes = 0;
  std::string etag;  // hex(md5 of the parts' md5s)-N
  Checksum checksum;
  std::vector<PartSummary> parts;
  std::vector<Piece> pieces;
};

// `part` finds an uploaded part by number (nullptr: none). Checks in AWS's order: something is
// listed, the order, existence and ETags, checksums, sizes, then what was said of the whole.
protocol::ApiResult<PlannedObject> plan_completion(
    const std::string& upload_id, const MultipartChecksum& upload, const Completion& completion,
    const std::function<const PartRecord*(std::int32_t number)>& part);

// Whether a part may carry this declared checksum; the algorithm to compute beside the upload's
// own, if it is another.
protocol::ApiResult<std::optional<ChecksumAlgorithm>> part_checksum(
    const MultipartChecksum& upload, const std::optional<DeclaredChecksum>& declared);

}  // namespace penstock::s3
