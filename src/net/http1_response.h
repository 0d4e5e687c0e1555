// The head of an HTTP/1.1 response as bytes, and how the body behind it is framed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace penstock::net {

std::string_view reason_phrase(int status);
// 1xx, 204 and 304 never have a body.
bool status_has_body(int status);
// Blanks in place of what would end a header line early (CR, LF, NUL).
void append_header_value(std::string& out, std::string_view value);
// What the server decides by itself and a handler cannot: connection, transfer-encoding, keep-alive
// …
bool is_connection_header(std::string_view lower_case_name);

// The content-length of a response: from the body, or as the handler says where the body cannot
// tell (a stream of unknown length, the answer to HEAD, a 304). nullopt: not known beforehand.
std::optional<std::uint64_t> response_length(const Response& response, bool head_request);

struct Http1Framing {
  std::optional<std::uint64_t> length;  // Sent as content-length.
  bool chunked = false;
  bool close = false;       // Adds "connection: close".
  bool keep_alive = false;  // Adds "connection: keep-alive" (HTTP/1.0 clients need to hear it).
};

// Appends status line, headers and the empty line.
void append_http1_head(std::string& out, const Response& response, const Http1Framing& framing,
                       std::string_view date);

// An answer of the server itself (not a handler's): a short text.
Response plain_response(int status, std::string_view text);

}  // namespace penstock::net
