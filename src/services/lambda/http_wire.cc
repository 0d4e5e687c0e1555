// The incremental request parser of the Runtime API. It knows bytes only: no sockets, no
// invocations.
#include "services/lambda/http_wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/bytes.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kHeadBytesMax = 64 << 10;
constexpr std::size_t kLineBytesMax = 8 << 10;
// A body is read (and thrown away) up to this, then the peer is not listened to any longer.
constexpr std::uint64_t kDrainBytesMax = std::uint64_t{1} << 30;

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 413: return "Payload Too Large";
    default: return "Internal Server Error";
  }
}

}  // namespace

std::optional<WireRequest> RequestParser::next() {
  while (state_ != State::kDone && state_ != State::kFailed && step()) {
  }
  compact();
  if (state_ != State::kDone) return std::nullopt;
  state_ = State::kHead;
  chunked_ = false;
  expects_continue_ = false;
  return std::exchange(request_, {});
}

bool RequestParser::take_expect_continue() {
  return state_ != State::kHead && state_ != State::kFailed &&
         std::exchange(expects_continue_, false);
}

bool RequestParser::step() {
  switch (state_) {
    case State::kHead: return read_head();
    case State::kLength: return read_data(State::kDone);
    case State::kChunkSize: return read_chunk_size();
    case State::kChunkData: return read_data(State::kChunkEnd);
    case State::kChunkEnd: return read_chunk_end();
    case State::kTrailer: return read_trailer();
    case State::kDone:
    case State::kFailed: return false;
  }
  return false;
}

bool RequestParser::fail() {
  state_ = State::kFailed;
  return false;
}

void RequestParser::compact() {
  if (offset_ == buffer_.size()) {
    buffer_.clear();
    offset_ = 0;
  } else if (offset_ > kHeadBytesMax) {
    buffer_.erase(0, offset_);
    offset_ = 0;
  }
}

bool RequestParser::read_head() {
  const std::size_t end = buffer_.find("\r\n\r\n", offset_);
  if (end == std::string::npos) {
    if (buffer_.size() - offset_ > kHeadBytesMax) return fail();
    return false;
  }
  if (end - offset_ > kHeadBytesMax) return fail();
  const std::string head = buffer_.substr(offset_, end - offset_);
  offset_ = end + 4;
  request_ = {};
  remaining_ = 0;
  if (!parse_head(head)) return fail();
  state_ = chunked_ ? State::kChunkSize : State::kLength;
  if (!chunked_ && remaining_ <= body_bytes_max_) request_.body.reserve(remaining_);
  return true;
}

bool RequestParser::parse_head(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  request_.method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  target = target.substr(0, target.find('?'));
  if (target.empty() || target.front() != '/') return false;
  request_.path = target;
  request_.close = version == "HTTP/1.0";
  head.remove_prefix(line.size());
  while (!head.empty()) {
    head.remove_prefix(2);  // The CR LF before this line.
    const std::string_view field = head.substr(0, head.find("\r\n"));
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    if (!parse_field(field.substr(0, colon), trim(field.substr(colon + 1)))) return false;
    head.remove_prefix(field.size());
  }
  return true;
}

bool RequestParser::parse_field(std::string_view name, std::string_view value) {
  if (equals_ignore_case(name, "content-length")) {
    const auto [end, error] = std::from_chars(value.begin(), value.end(), remaining_);
    return error == std::errc() && end == value.end() && remaining_ <= kDrainBytesMax;
  }
  if (equals_ignore_case(name, "transfer-encoding")) {
    chunked_ = equals_ignore_case(value, "chunked");
    return chunked_;
  }
  if (equals_ignore_case(name, "expect")) {
    expects_continue_ = equals_ignore_case(value, "100-continue");
  } else if (equals_ignore_case(name, "connection")) {
    if (equals_ignore_case(value, "close")) request_.close = true;
    if (equals_ignore_case(value, "keep-alive")) request_.close = false;
  } else if (equals_ignore_case(name, "lambda-runtime-function-error-type")) {
    request_.function_error_type = value;
  }
  return true;
}

bool RequestParser::read_data(State next_state) {
  const std::size_t count =
      static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, buffer_.size() - offset_));
  if (request_.body.size() + remaining_ > body_bytes_max_) {
    request_.body_too_large = true;
    request_.body.clear();
  }
  if (!request_.body_too_large) request_.body.append(buffer_, offset_, count);
  offset_ += count;
  remaining_ -= count;
  if (remaining_ > 0) return false;
  state_ = next_state;
  return true;
}

std::optional<std::string_view> RequestParser::take_line() {
  const std::size_t end = buffer_.find("\r\n", offset_);
  if (end == std::string::npos || end - offset_ > kLineBytesMax) {
    if (buffer_.size() - offset_ > kLineBytesMax) state_ = State::kFailed;
    return std::nullopt;
  }
  const std::string_view line = std::string_view(buffer_).substr(offset_, end - offset_);
  offset_ = end + 2;
  return line;
}

bool RequestParser::read_chunk_size() {
  const auto line = take_line();
  if (!line) return false;
  const std::string_view digits = trim(line->substr(0, line->find(';')));
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), size, 16);
  if (error != std::errc() || end != digits.end() || size > kDrainBytesMax) return fail();
  remaining_ = size;
  state_ = size == 0 ? State::kTrailer : State::kChunkData;
  return true;
}

bool RequestParser::read_chunk_end() {
  const auto line = take_line();
  if (!line) return false;
  if (!line->empty()) return fail();
  state_ = State::kChunkSize;
  return true;
}

bool RequestParser::read_trailer() {
  const auto line = take_line();
  if (!line) return false;
  if (line->empty()) {
    state_ = State::kDone;
    return true;
  }
  // Runtimes that stream report a late error in a trailer.
  const std::size_t colon = line->find(':');
  if (colon == std::string_view::npos) return fail();
  if (equals_ignore_case(line->substr(0, colon), "lambda-runtime-function-error-type")) {
    request_.function_error_type = trim(line->substr(colon + 1));
  }
  return true;
}

std::string wire_response(int status, std::string_view fields, std::string_view body) {
  std::string out;
  out.reserve(96 + fields.size() + body.size());
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                 status, reason(status), body.size());
  out.append(fields).append("\r\n").append(body);
  return out;
}

}  // namespace penstock::lambda
