// Writing response heads by hand: one pass, one buffer, nothing allocated on a warm connection.
#include "net/http1_response.h"

#include <charconv>

#include "base/bytes.h"

namespace penstock::net {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_header_value(std::string& out, std::string_view value) {
  const std::size_t begin = out.size();
  out.append(value);
  for (std::size_t i = begin; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  }
}

bool is_connection_header(std::string_view name) {
  switch (name.size()) {
    case 7: return name == "upgrade";
    case 10: return name == "connection" || name == "keep-alive";
    case 16: return name == "proxy-connection";
    case 17: return name == "transfer-encoding";
    default: return false;
  }
}

std::optional<std::uint64_t> response_length(const Response& response, bool head_request) {
  const bool in_memory = response.body.in_memory();
  const bool bodiless = head_request || response.status == 304;
  if (in_memory && (!bodiless || !response.body.bytes().empty()))
    return response.body.bytes().size();
  if (const auto length = response.body.length(); !in_memory && length) return length;
  if (const std::string* stated = response.headers.find("content-length")) {
    std::uint64_t length = 0;
    const char* const end = stated->data() + stated->size();
    const auto parsed = std::from_chars(stated->data(), end, length);
    if (parsed.ec == std::errc() && parsed.ptr == end) return length;
  }
  if (in_memory) return 0;
  return std::nullopt;
}

void append_http1_head(std::string& out, const Response& response, const Http1Framing& framing,
                       std::string_view date) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  bool dated = false;
  for (const auto& [name, value] : response.headers.fields()) {
    if (is_connection_header(name) || name == "content-length" || name.starts_with(':')) continue;
    if (name == "date") dated = true;
    append_header_value(out, name);
    out += ": ";
    append_header_value(out, value);
    out += "\r\n";
  }
  if (!dated) {
    out += "date: ";
    out += date;
    out += "\r\n";
  }
  if (framing.length) {
    out += "content-length: ";
    append_number(out, *framing.length);
    out += "\r\n";
  }
  if (framing.chunked) out += "transfer-encoding: chunked\r\n";
  if (framing.close) {
    out += "connection: close\r\n";
  } else if (framing.keep_alive) {
    out += "connection: keep-alive\r\n";
  }
  out += "\r\n";
}

Response plain_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.add("content-type", "text/plain");
  std::string body(text);
  body += '\n';
  response.body = Body(std::move(body));
  return response;
}

}  // namespace penstock::net
