// Heads of requests and the chunked coding. Beast stays inside this file.
#include "net/http1_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::net {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Copies what Beast recognises into a Http1Head.
class HeadSink final : public http::basic_parser<true> {
 public:
  HeadSink(Http1Head& head, std::size_t header_bytes_max) : head_(head) {
    header_limit(static_cast<std::uint32_t>(header_bytes_max));
    body_limit(boost::none);
  }
  const char* refusal() const { return refusal_; }
  bool seen_length() const { return lengths_ > 0; }
  std::size_t hosts() const { return hosts_; }

 private:
  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, ErrorCode&) override {
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.http10 = version == 10;
  }
  void on_response_impl(int, boost::beast::string_view, int, ErrorCode&) override {}
  void on_field_impl(http::field field, boost::beast::string_view name,
                     boost::beast::string_view value, ErrorCode& error) override {
    if (++fields_ > limits::kHeaderFields) {
      error = http::error::header_limit;
      return;
    }
    switch (field) {
      // Beast accepts equal repetitions of a length; whoever is in front of us may not.
      case http::field::content_length:
        if (++lengths_ > 1 || value.find(',') != boost::beast::string_view::npos) {
          refuse("more than one content-length", error);
        }
        break;
      case http::field::transfer_encoding:
        if (!equals_ignore_case(view(value), "chunked")) {
          refuse("unsupported transfer-encoding", error);
        }
        break;
      case http::field::host: ++hosts_; break;
      case http::field::expect:
        head_.expect_continue = equals_ignore_case(view(value), "100-continue");
        break;
      default: break;
    }
    head_.headers.add(view(name), std::string(view(value)));
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(boost::beast::string_view, ErrorCode&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view, ErrorCode&) override {
    return 0;
  }
  void on_finish_impl(ErrorCode&) override {}
  void refuse(const char* why, ErrorCode& error) {
    refusal_ = why;
    error = http::error::bad_value;
  }

  Http1Head& head_;
  std::size_t fields_ = 0, lengths_ = 0, hosts_ = 0;
  const char* refusal_ = nullptr;
};

// Absolute form becomes origin form, its authority the host. False: neither that, "/..." nor "*".
bool normalise_target(Http1Head& head) {
  if (head.target.starts_with('/')) return true;
  if (head.target == "*") return head.method == "OPTIONS";
  const std::size_t scheme_end = head.target.find("://");
  if (scheme_end == std::string::npos) return false;
  const std::string scheme = to_lower(head.target.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return false;
  const std::size_t authority = scheme_end + 3;
  const std::size_t end = std::min(head.target.find_first_of("/?", authority), head.target.size());
  if (end == authority) return false;
  head.headers.set("host", head.target.substr(authority, end - authority));
  std::string rest = head.target.substr(end);
  head.target = rest.starts_with('/') ? std::move(rest) : "/" + rest;
  return true;
}

}  // namespace

struct Http1HeadParser::Impl {
  std::optional<HeadSink> sink;
};

Http1HeadParser::Http1HeadParser(std::size_t header_bytes_max)
    : header_bytes_max_(header_bytes_max), impl_(std::make_unique<Impl>()) {
  start();
}

Http1HeadParser::~Http1HeadParser() = default;

void Http1HeadParser::start() {
  head_ = Http1Head();
  head_.headers.reserve(16);
  impl_->sink.emplace(head_, header_bytes_max_);
  consumed_ = total_ = blank_bytes_ = scanned_ = line_start_ = 0;
  reason_ = "";
}

Http1HeadParser::Outcome Http1HeadParser::feed(std::string_view input) {
  consumed_ = 0;
  // An empty line before a request is forgiven: old clients end a body with one.
  while (total_ == 0 && consumed_ < input.size() &&
         (input[consumed_] == '\r' || input[consumed_] == '\n')) {
    ++consumed_;
    if (++blank_bytes_ > 4) {
      reason_ = "bad request line";
      return Outcome::kBad;
    }
  }
  input.remove_prefix(consumed_);
  if (input.empty()) return Outcome::kNeedMore;
  if (has_bare_line_feed(input)) {
    reason_ = "malformed request head";
    return Outcome::kBad;
  }
  ErrorCode error;
  const std::size_t used = impl_->sink->put({input.data(), input.size()}, error);
  consumed_ += used;
  total_ += used;
  scanned_ = input.size() - used;
  line_start_ -= std::min(line_start_, used);
  const std::size_t pending = error == http::error::need_more ? input.size() - used : 0;
  if (error == http::error::header_limit || total_ + pending > header_bytes_max_) {
    return Outcome::kTooLarge;
  }
  if (error == http::error::need_more) return Outcome::kNeedMore;
  if (error) {
    reason_ = impl_->sink->refusal() != nullptr ? impl_->sink->refusal() : "malformed request head";
    return Outcome::kBad;
  }
  if (!impl_->sink->is_header_done()) return Outcome::kNeedMore;
  return finish();
}

// Beast, once it has seen part of a head, waits for CR LF CR LF before it looks again; a head with
// bare line feeds would keep it waiting until the time-out.
bool Http1HeadParser::has_bare_line_feed(std::string_view input) {
  for (std::size_t at = input.find('\n', scanned_); at != std::string_view::npos;
       at = input.find('\n', at + 1)) {
    if (at == 0 || input[at - 1] != '\r') return true;
    if (at == line_start_ + 1) break;  // The end of the head; what follows is not ours.
    line_start_ = at + 1;
  }
  return false;
}

Http1HeadParser::Outcome Http1HeadParser::finish() {
  HeadSink& sink = *impl_->sink;
  head_.keep_alive = sink.keep_alive();
  head_.chunked = sink.chunked();
  if (sink.seen_length()) head_.content_length = sink.content_length().value_or(0);
  if (head_.chunked && head_.http10) {
    reason_ = "transfer-encoding in HTTP/1.0";
    return Outcome::kBad;
  }
  if (sink.hosts() > 1 || (sink.hosts() == 0 && !head_.http10)) {
    reason_ = "a request needs one host";
    return Outcome::kBad;
  }
  if (!normalise_target(head_)) {
    reason_ = "unsupported request target";
    return Outcome::kBad;
  }
  if (head_.http10) head_.expect_continue = false;
  return Outcome::kDone;
}

ChunkDecoder::Outcome ChunkDecoder::feed(std::string_view& input, std::string& out,
                                         std::size_t out_max) {
  while (state_ != State::kDone) {
    if (input.empty()) return Outcome::kNeedMore;
    if (state_ == State::kData) {
      if (out.size() >= out_max) return Outcome::kNeedMore;
      const std::size_t take = static_cast<std::size_t>(
          std::min<std::uint64_t>({remaining_, input.size(), out_max - out.size()}));
      out.append(input.substr(0, take));
      input.remove_prefix(take);
      remaining_ -= take;
      if (remaining_ == 0) state_ = State::kDataCr;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (frame_byte(c) == Outcome::kBad) return Outcome::kBad;
  }
  return Outcome::kDone;
}

namespace {
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
}  // namespace

// Strict: no blanks around sizes, CR LF only, no bare CR or LF inside an extension or a trailer.
ChunkDecoder::Outcome ChunkDecoder::frame_byte(char c) {
  const auto to = [this](State next) {
    state_ = next;
    return Outcome::kNeedMore;
  };
  if (++line_bytes_ > limits::kChunkLineBytes) return Outcome::kBad;
  switch (state_) {
    case State::kSize: {
      const int digit = hex_digit(c);
      if (digit >= 0) {
        if (++digits_ > 15) return Outcome::kBad;
        remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
        return Outcome::kNeedMore;
      }
      if (digits_ == 0) return Outcome::kBad;
      if (c == ';') return to(State::kExtension);
      return c == '\r' ? to(State::kSizeLf) : Outcome::kBad;
    }
    case State::kExtension:
      if (c == '\n' || c == '\0') return Outcome::kBad;
      return c == '\r' ? to(State::kSizeLf) : Outcome::kNeedMore;
    case State::kSizeLf:
      if (c != '\n') return Outcome::kBad;
      line_bytes_ = digits_ = 0;
      return to(remaining_ == 0 ? State::kTrailer : State::kData);
    case State::kDataCr: return c == '\r' ? to(State::kDataLf) : Outcome::kBad;
    case State::kDataLf: line_bytes_ = 0; return c == '\n' ? to(State::kSize) : Outcome::kBad;
    case State::kTrailer:
      if (c == '\n' || c == '\0' || ++trailer_bytes_ > limits::kTrailerBytes) return Outcome::kBad;
      return c == '\r' ? to(State::kTrailerLf) : Outcome::kNeedMore;
    case State::kTrailerLf: {
      if (c != '\n') return Outcome::kBad;
      const bool empty_line = line_bytes_ == 2;
      line_bytes_ = 0;
      return to(empty_line ? State::kDone : State::kTrailer);
    }
    case State::kData:
    case State::kDone: break;
  }
  return Outcome::kBad;
}

}  // namespace penstock::net
