// Bodies of S3 uploads: aws-chunked framing (signed, unsigned, with trailers) and SHA-256 promised
// in a header. Both are checked while the bytes stream through; a fault surfaces as the error of
// read(), whose message is "Code: sentence" (see body_error).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http.h"
#include "protocol/api_error.h"
#include "protocol/sigv4.h"

namespace penstock::protocol {

// What is needed to check chunk signatures. Absent: they are parsed but not checked.
struct ChunkSigning {
  std::string key;  // The signing key of the seed request.
  Signature seed;
};

// True when the request's body is aws-chunked (by x-amz-content-sha256 or content-encoding).
bool is_aws_chunked(const net::Headers& headers);

// Unwraps the framing and takes aws-chunked out of content-encoding. Trailing headers (checksums)
// are added to `trailers` when the end of the body has been read; the pointer is kept by the body.
net::Body unwrap_aws_chunked(net::Body body, net::Headers& headers,
                             std::optional<ChunkSigning> signing,
                             std::shared_ptr<net::Headers> trailers);

// Passes the body through and fails at its end unless its SHA-256 is `hex`.
net::Body check_sha256(net::Body body, std::string hex);

// The ApiError for an error that came out of a wrapped body's read().
ApiError body_error(const Error& error);

}  // namespace penstock::protocol
