// Signature Version 4: parsing, verifying and making signatures, in headers and in presigned
// queries.
//
// docs: "Create a signed AWS API request" (IAM user guide). Everything signed is taken from
// SignedHeaders, so clients may sign what they like as long as host (or :authority) is among it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/http.h"
#include "protocol/api_error.h"

namespace penstock::protocol {

struct Scope {
  std::string date, region, service, terminator;
  std::string text() const { return date + "/" + region + "/" + service + "/" + terminator; }
};

struct Signature {
  std::string access_key;
  Scope scope;
  std::vector<std::string> signed_headers;  // Lower case, as sent.
  std::string signature;                    // 64 hex digits.
  std::string timestamp;                    // 20261122T073001Z
  std::string session_token;
  bool presigned = false;
  std::int64_t expires_seconds = 0;  // Presigned only.
};

// Why a request's signature cannot be accepted; the caller words it for the service.
struct SignatureFault {
  enum class Kind {
    kMissing,     // No authentication at all.
    kIncomplete,  // Parts are missing or malformed.
    kInvalid,     // Wrong scope, both forms at once, clock skew.
    kUnknownKey,
    kBadToken,
    kExpiredToken,
    kExpired,  // A presigned request past its time.
    kMismatch,
  };
  Kind kind;
  std::string message;
  std::string canonical_request;  // kMismatch only.
  std::string string_to_sign;
};

// The signature that a request carries; nullopt when it carries none.
std::expected<std::optional<Signature>, SignatureFault> parse_signature(
    const net::Request& request);
// Access key and scope only, for requests whose signature is not checked. Never fails.
std::optional<Signature> peek_signature(const net::Request& request);

// `payload_hash` is what stands in the canonical request's last line.
std::string canonical_request(const net::Request& request, const Signature& signature,
                              std::string_view payload_hash, bool s3);
std::string string_to_sign(const Signature& signature, std::string_view canonical);
std::string signing_key(std::string_view secret, const Scope& scope);

// Scope, clock and signature. `service` is the signing name; `s3` changes path encoding.
std::expected<void, SignatureFault> verify_signature(const net::Request& request,
                                                     const Signature& signature,
                                                     std::string_view secret,
                                                     std::string_view service,
                                                     std::string_view payload_hash, Timestamp now);

struct SigningCredentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;
};

// Signs an outgoing request in its headers (host must be set). The body must be in memory;
// otherwise the payload is UNSIGNED-PAYLOAD, which only S3 accepts.
void sign_request(net::Request& request, const SigningCredentials& credentials,
                  std::string_view region, std::string_view service, Timestamp now);

// A presigned S3-style URL: scheme://host/path?...&X-Amz-Signature=...
std::string presign(net::Request request, const SigningCredentials& credentials,
                    std::string_view region, std::string_view service, Timestamp now,
                    std::int64_t expires_seconds);

bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace penstock::protocol
