// Streaming decoders of upload bodies. Framing faults are worded as S3 does.
#include "protocol/aws_chunked.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>

#include "base/bytes.h"
#include "base/check.h"

namespace penstock::protocol {
namespace {

constexpr std::size_t kChunkHeadMax = 16 << 10;
constexpr std::size_t kTrailerMax = 16 << 10;
constexpr std::uint64_t kChunkBytesMax = 5ULL << 30;
constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { reset(); }
  ~Sha256() { EVP_MD_CTX_free(context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void reset() { CHECK(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1); }
  void update(std::string_view bytes) {
    CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
  }
  std::string hex() {
    unsigned char out[32];
    CHECK(EVP_DigestFinal_ex(context_, out, nullptr) == 1);
    return to_hex(std::string_view(reinterpret_cast<char*>(out), sizeof out));
  }

 private:
  EVP_MD_CTX* context_;
};

std::unexpected<Error> incomplete() {
  return fail(ErrorKind::kInvalid, "IncompleteBody: The request body terminated unexpectedly");
}
std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::kInvalid,
              fmt::format("InvalidRequest: The aws-chunked body is malformed: {}", what));
}
std::unexpected<Error> bad_trailer() {
  return fail(ErrorKind::kInvalid,
              "MalformedTrailerError: The request contained trailing data that was not well-formed "
              "or did not "
              "conform to our published schema.");
}
std::unexpected<Error> bad_signature() {
  return fail(
      ErrorKind::kInvalid,
      "SignatureDoesNotMatch: The request signature we calculated does not match the signature you "
      "provided. Check your key and signing method.");
}

// What x-amz-decoded-content-length promises, if it is there.
Result<std::optional<std::uint64_t>> decoded_length(const net::Headers& headers) {
  const std::string* text = headers.find("x-amz-decoded-content-length");
  if (text == nullptr) return std::nullopt;
  std::uint64_t length = 0;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, length);
  if (text->empty() || error != std::errc() || at != end) {
    return fail(ErrorKind::kInvalid,
                "InvalidArgument: The value of x-amz-decoded-content-length is not a length.");
  }
  return length;
}

class ChunkedSource final : public net::BodySource {
 public:
  ChunkedSource(net::Body body, std::expected<std::optional<std::uint64_t>, Error> length,
                std::optional<ChunkSigning> signing, bool has_trailer, std::string announced,
                std::shared_ptr<net::Headers> trailers)
      : body_(std::move(body)),
        length_(length.value_or(std::nullopt)),
        signing_(std::move(signing)),
        has_trailer_(has_trailer),
        announced_(std::move(announced)),
        trailers_(std::move(trailers)) {
    if (signing_) previous_ = signing_->seed.signature;
    if (!length) fault_ = std::move(length).error();
  }

  std::optional<std::uint64_t> length() const override { return length_; }

  Task<Result<std::string>> read() override {
    if (fault_) co_return std::unexpected(*fault_);
    while (!ended_) {
      if (left_ == 0) {
        CO_TRY_VOID(co_await next_chunk());
        continue;
      }
      if (buffer_.size() == at_) CO_TRY_VOID(co_await refill());
      const std::size_t take =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size() - at_));
      std::string piece = buffer_.substr(at_, take);
      at_ += take;
      left_ -= take;
      total_ += take;
      if (signing_) hash_.update(piece);
      if (left_ == 0) CO_TRY_VOID(co_await end_chunk());
      co_return piece;
    }
    co_return std::string();
  }

 private:
  // More bytes into the buffer; kInvalid at the end of the outer body.
  Task<Status> refill() {
    buffer_.erase(0, at_);
    at_ = 0;
    CO_TRY(std::string more, co_await body_.read());
    if (more.empty()) co_return incomplete();
    buffer_ += more;
    co_return Status();
  }

  Task<Result<std::string>> line(std::size_t bytes_max) {
    while (true) {
      const std::size_t end = buffer_.find("\r\n", at_);
      if (end != std::string::npos && end - at_ <= bytes_max) {
        std::string out = buffer_.substr(at_, end - at_);
        at_ = end + 2;
        co_return out;
      }
      if (buffer_.size() - at_ > bytes_max) co_return malformed("a line is too long");
      CO_TRY_VOID(co_await refill());
    }
  }

  Task<Status> next_chunk() {
    CO_TRY(const std::string head, co_await line(kChunkHeadMax));
    const std::size_t mark = head.find(';');
    const std::string_view size = std::string_view(head).substr(0, mark);
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
    if (size.empty() || error != std::errc() || end != size.data() + size.size() ||
        left_ > kChunkBytesMax) {
      co_return malformed("a chunk size is not a hexadecimal number");
    }
    chunk_signature_.clear();
    constexpr std::string_view kExtension = ";chunk-signature=";
    if (mark != std::string::npos && std::string_view(head).substr(mark).starts_with(kExtension)) {
      chunk_signature_ = head.substr(mark + kExtension.size());
    }
    if (signing_ && chunk_signature_.empty()) co_return malformed("a chunk has no signature");
    if (left_ == 0) co_return co_await finish();
    co_return Status();
  }

  Status check(std::string_view algorithm, const std::string& payload) {
    if (!signing_) return {};
    const Signature& seed = signing_->seed;
    const std::string to_sign = fmt::format("{}\n{}\n{}\n{}\n{}", algorithm, seed.timestamp,
                                            seed.scope.text(), previous_, payload);
    const std::string expected = to_hex(hmac_sha256(signing_->key, to_sign));
    if (!constant_time_equal(expected, chunk_signature_)) return bad_signature();
    previous_ = chunk_signature_;
    return {};
  }

  Status check_chunk() {
    if (!signing_) return {};
    const std::string payload = fmt::format("{}\n{}", kEmptyHash, hash_.hex());
    hash_.reset();
    return check("AWS4-HMAC-SHA256-PAYLOAD", payload);
  }

  Task<Status> end_chunk() {
    CO_TRY_VOID(check_chunk());
    CO_TRY(const std::string rest, co_await line(2));
    if (!rest.empty()) co_return malformed("a chunk is longer than its size says");
    co_return Status();
  }

  Task<Status> finish() {
    CO_TRY_VOID(check_chunk());
    std::string signed_text;
    std::size_t bytes = 0;
    bool seen_signature = false, seen_announced = announced_.empty();
    while (true) {
      if (buffer_.size() == at_ && !has_trailer_) {
        // The final CRLF may be cut off by clients that count it out; nothing else may follow.
        CO_TRY(std::string more, co_await body_.read());
        if (more.empty()) break;
        buffer_ = std::move(more);
        at_ = 0;
      }
      CO_TRY(const std::string text, co_await line(kTrailerMax));
      if (text.empty()) break;
      bytes += text.size();
      const std::size_t colon = text.find(':');
      if (bytes > kTrailerMax || colon == std::string::npos)
        co_return malformed("a trailer is not name:value");
      std::string name = to_lower(text.substr(0, colon));
      std::string value = text.substr(colon + 1);
      value.erase(0, value.find_first_not_of(' '));
      if (name == "x-amz-trailer-signature") {
        chunk_signature_ = value;
        seen_signature = true;
      } else {
        if (name != announced_) co_return bad_trailer();
        seen_announced = true;
        signed_text += name + ":" + value + "\n";
        if (trailers_) trailers_->add(name, value);
      }
    }
    if (!seen_announced) co_return bad_trailer();
    if (has_trailer_ && signing_) {
      if (!seen_signature) co_return malformed("the trailer has no signature");
      CO_TRY_VOID(check("AWS4-HMAC-SHA256-TRAILER", to_hex(sha256(signed_text))));
    }
    if (length_ && total_ != *length_) co_return incomplete();
    ended_ = true;
    co_return Status();
  }

  net::Body body_;
  const std::optional<std::uint64_t> length_;
  std::optional<Error> fault_;  // Of the headers.
  const std::optional<ChunkSigning> signing_;
  const bool has_trailer_;
  const std::string announced_;  // By x-amz-trailer, in lower case.
  const std::shared_ptr<net::Headers> trailers_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t left_ = 0, total_ = 0;
  std::string chunk_signature_, previous_;
  Sha256 hash_;
  bool ended_ = false;
};

class HashedSource final : public net::BodySource {
 public:
  HashedSource(net::Body body, std::string hex)
      : body_(std::move(body)), expected_(std::move(hex)) {}
  std::optional<std::uint64_t> length() const override { return body_.length(); }
  Task<Result<std::string>> read() override {
    CO_TRY(std::string piece, co_await body_.read());
    if (!piece.empty()) {
      hash_.update(piece);
    } else if (!checked_) {
      checked_ = true;
      if (hash_.hex() != expected_) {
        co_return fail(ErrorKind::kInvalid,
                       "XAmzContentSHA256Mismatch: The provided 'x-amz-content-sha256' header does "
                       "not match what "
                       "was computed.");
      }
    }
    co_return piece;
  }

 private:
  net::Body body_;
  const std::string expected_;
  Sha256 hash_;
  bool checked_ = false;
};

}  // namespace

bool is_aws_chunked(const net::Headers& headers) {
  return headers.get("x-amz-content-sha256").starts_with("STREAMING-") ||
         headers.get("content-encoding").find("aws-chunked") != std::string_view::npos;
}

net::Body unwrap_aws_chunked(net::Body body, net::Headers& headers,
                             std::optional<ChunkSigning> signing,
                             std::shared_ptr<net::Headers> trailers) {
  const std::string mode(headers.get("x-amz-content-sha256"));
  const bool is_signed = mode.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const bool has_trailer = mode.ends_with("-TRAILER") || headers.has("x-amz-trailer");
  auto length = decoded_length(headers);
  if (const std::string* encoding = headers.find("content-encoding")) {
    std::string kept;
    std::string_view rest = *encoding;
    while (!rest.empty()) {
      std::string_view part = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      while (part.starts_with(' ')) part.remove_prefix(1);
      if (part == "aws-chunked" || part.empty()) continue;
      if (!kept.empty()) kept += ',';
      kept += part;
    }
    if (kept.empty()) {
      headers.erase("content-encoding");
    } else {
      headers.set("content-encoding", kept);
    }
  }
  if (length && *length) headers.set("content-length", std::to_string(**length));
  // The trailer's name says which checksum follows; the operation must know it before the first
  // byte.
  constexpr std::string_view kChecksum = "x-amz-checksum-";
  const std::string announced = to_lower(headers.get("x-amz-trailer"));
  if (announced.starts_with(kChecksum) && !headers.has("x-amz-sdk-checksum-algorithm")) {
    headers.set("x-amz-sdk-checksum-algorithm", announced.substr(kChecksum.size()));
  }
  if (!is_signed) signing.reset();
  return net::Body(std::make_shared<ChunkedSource>(std::move(body), std::move(length),
                                                   std::move(signing), has_trailer, announced,
                                                   std::move(trailers)));
}

net::Body check_sha256(net::Body body, std::string hex) {
  return net::Body(std::make_shared<HashedSource>(std::move(body), std::move(hex)));
}

ApiError body_error(const Error& error) {
  const std::size_t colon = error.message.find(": ");
  if (error.kind == ErrorKind::kInvalid && colon != std::string::npos) {
    const std::string code = error.message.substr(0, colon);
    return ApiError(code, error.message.substr(colon + 2),
                    code == "SignatureDoesNotMatch" ? 403 : 400);
  }
  if (error.kind == ErrorKind::kLimit) {
    return ApiError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400);
  }
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kInvalid) {
    return ApiError(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout "
        "period. Idle connections will be closed.",
        400);
  }
  return ApiError(error);
}

}  // namespace penstock::protocol
