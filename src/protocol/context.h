// Context: who calls, from where, on whose behalf. Made by the dispatcher for a request from the
// wire and by runners for calls of their own (principal = the role they act as). Outlives the call
// it belongs to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/place.h"

namespace penstock::net {
class Headers;
}

namespace penstock::protocol {

// Marks appended records with where they came from, so that a repeated append is dropped.
// `positions` has one ordered byte string per record of the request. Never set from the wire.
struct Producer {
  std::string id;
  std::vector<std::string> positions;
};

struct Context {
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string principal_arn;  // arn:aws:iam::<account>:root, a user, or an assumed role.
  std::string principal_id;   // The unique id that GetCallerIdentity shows.
  std::string access_key;     // Empty for calls that were made inside the server.
  std::string request_id;
  std::string host;  // The Host header as sent (virtual-host buckets were already resolved).
  // Trailing headers of an aws-chunked body (checksums): filled once the body was read to its end.
  std::shared_ptr<const net::Headers> trailers;
  std::optional<Producer> producer;

  Place place() const { return {account, region}; }
  // http://host:port as the client addressed us; for URLs in replies.
  std::string endpoint() const { return "http://" + (host.empty() ? "localhost" : host); }
};

}  // namespace penstock::protocol
