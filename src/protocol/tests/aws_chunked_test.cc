// aws-chunked bodies.
//
// How the expectations are known: documented. The bodies and signatures are the examples of
// "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks",
// with and without trailing headers (Amazon S3 API reference); the codes of faults are those of the
// S3 error list. Faults of framing are deduced.
#include "protocol/aws_chunked.h"

#include <gtest/gtest.h>

#include <vector>

#include "async/gate.h"

namespace penstock::protocol {
namespace {

constexpr std::string_view kExampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

// A body in pieces of `piece` bytes.
class CutSource final : public net::BodySource {
 public:
  CutSource(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  Task<Result<std::string>> read() override {
    std::string out = bytes_.substr(at_, piece_);
    at_ += out.size();
    co_return out;
  }

 private:
  const std::string bytes_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

Task<Result<std::string>> collect_all(net::Body body) {
  std::string out;
  while (true) {
    CO_TRY(std::string piece, co_await body.read());
    if (piece.empty()) co_return out;
    out += piece;
  }
}

Result<std::string> read_all(net::Body body) {
  Runtime runtime({.loops = 1, .blocking_threads = 1});
  return block_on(runtime.loop(0), collect_all(std::move(body)));
}

struct Upload {
  std::string body;
  std::string mode;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string seed;  // Of signed modes.
};

struct Unwrapped {
  Result<std::string> bytes;
  net::Headers headers;
  net::Headers trailers;
};

Unwrapped unwrap(const Upload& upload, std::size_t piece = 1 << 20) {
  Unwrapped out;
  out.headers.add("x-amz-content-sha256", upload.mode);
  for (const auto& [name, value] : upload.headers) out.headers.add(name, value);
  std::optional<ChunkSigning> signing;
  if (!upload.seed.empty()) {
    Signature seed;
    seed.timestamp = "20130524T000000Z";
    seed.scope = {"20130524", "us-east-1", "s3", "aws4_request"};
    seed.signature = upload.seed;
    signing = ChunkSigning{signing_key(kExampleSecret, seed.scope), seed};
  }
  auto trailers = std::make_shared<net::Headers>();
  out.bytes =
      read_all(unwrap_aws_chunked(net::Body(std::make_shared<CutSource>(upload.body, piece)),
                                  out.headers, std::move(signing), trailers));
  out.trailers = *trailers;
  return out;
}

std::string code_of(const Upload& upload, std::size_t piece = 1 << 20) {
  const auto bytes = unwrap(upload, piece).bytes;
  return bytes ? "" : body_error(bytes.error()).code;
}

std::string signed_chunk(std::string_view size, std::string_view signature,
                         const std::string& bytes) {
  return std::string(size) + ";chunk-signature=" + std::string(signature) + "\r\n" + bytes + "\r\n";
}

Upload documented_upload() {
  return {
      signed_chunk("10000", "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                   std::string(65'536, 'a')) +
          signed_chunk("400", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                       std::string(1'024, 'a')) +
          signed_chunk("0", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", ""),
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      {{"content-encoding", "aws-chunked"}, {"x-amz-decoded-content-length", "66560"}},
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"};
}

Upload documented_trailer_upload() {
  std::string body =
      signed_chunk("10000", "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                   std::string(65'536, 'a')) +
      signed_chunk("400", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                   std::string(1'024, 'a'));
  body +=
      "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
      "x-amz-checksum-crc32c:sOO8/Q==\r\n"
      "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
      "\r\n";
  return {body,
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
          {{"content-encoding", "aws-chunked"},
           {"x-amz-decoded-content-length", "66560"},
           {"x-amz-trailer", "x-amz-checksum-crc32c"}},
          "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"};
}

TEST(AwsChunked, DocumentedUpload) {
  const Upload upload = documented_upload();
  for (const std::size_t piece : {1, 7, 1'000, 1 << 20}) {
    const Unwrapped out = unwrap(upload, piece);
    ASSERT_TRUE(out.bytes) << out.bytes.error().message;
    EXPECT_EQ(*out.bytes, std::string(66'560, 'a'));
    EXPECT_FALSE(out.headers.has("content-encoding"));
    EXPECT_EQ(out.headers.get("content-length"), "66560");
  }
}

TEST(AwsChunked, DocumentedUploadWithTrailer) {
  for (const std::size_t piece : {5, 1 << 20}) {
    const Unwrapped out = unwrap(documented_trailer_upload(), piece);
    ASSERT_TRUE(out.bytes) << out.bytes.error().message;
    EXPECT_EQ(*out.bytes, std::string(66'560, 'a'));
    EXPECT_EQ(out.trailers.get("x-amz-checksum-crc32c"), "sOO8/Q==");
    EXPECT_EQ(out.headers.get("x-amz-sdk-checksum-algorithm"), "crc32c");
  }
}

TEST(AwsChunked, RefusesWhatWasChanged) {
  const auto with = [](Upload upload, std::string_view from, std::string_view to) {
    const std::size_t at = upload.body.find(from);
    EXPECT_NE(at, std::string::npos);
    upload.body.replace(at, from.size(), to);
    return upload;
  };
  const Upload plain = documented_upload(), trailer = documented_trailer_upload();
  const std::string mismatch = "SignatureDoesNotMatch";
  EXPECT_EQ(code_of(with(plain, "aaaa", "aaba")), mismatch);
  EXPECT_EQ(code_of(with(plain, "=ad80", "=ad81")), mismatch);
  EXPECT_EQ(code_of(with(plain, "=0055", "=0056")), mismatch);
  EXPECT_EQ(code_of(with(plain, "=b6c6", "=b6c7")), mismatch);
  EXPECT_EQ(code_of(with(trailer, "sOO8/Q==", "sOO8/A==")), mismatch);
  EXPECT_EQ(code_of(with(trailer, "-signature:d8", "-signature:d9")), mismatch);
  EXPECT_EQ(code_of(with(trailer, "x-amz-checksum-crc32c", "x-amz-checksum-crc32d")),
            "MalformedTrailerError");
  EXPECT_EQ(code_of(with(trailer, "x-amz-trailer-signature", "x-amz-trailer-signaturf")),
            "MalformedTrailerError");
  EXPECT_EQ(code_of(with(plain, ";chunk-signature=ad80", ";chunk-sigmature=ad80")),
            "InvalidRequest");
  Upload longer = plain;
  longer.headers[1].second = "66561";
  EXPECT_EQ(code_of(longer), "IncompleteBody");
}

TEST(AwsChunked, RefusesEveryTruncation) {
  const Upload whole{
      "3\r\nabc\r\n5\r\ndefgh\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
      "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      {{"x-amz-decoded-content-length", "8"}, {"x-amz-trailer", "x-amz-checksum-crc32"}},
      ""};
  const Unwrapped out = unwrap(whole);
  ASSERT_TRUE(out.bytes);
  EXPECT_EQ(*out.bytes, "abcdefgh");
  EXPECT_EQ(out.trailers.get("x-amz-checksum-crc32"), "AAAAAA==");
  for (std::size_t size = 0; size < whole.body.size(); ++size) {
    Upload cut = whole;
    cut.body.resize(size);
    EXPECT_EQ(code_of(cut), "IncompleteBody") << size;
    EXPECT_EQ(code_of(cut, 1), "IncompleteBody") << size;
  }
}

// Clients that count the last CRLF out of Content-Length are let through.
TEST(AwsChunked, TheLastLineEndMayBeAbsentWithoutTrailers) {
  Upload upload{"3\r\nabc\r\n0\r\n", "STREAMING-UNSIGNED-PAYLOAD", {}, ""};
  EXPECT_EQ(unwrap(upload).bytes.value_or("?"), "abc");
  upload.body += "\r\n";
  EXPECT_EQ(unwrap(upload).bytes.value_or("?"), "abc");
}

TEST(AwsChunked, RefusesBadFraming) {
  const std::string cases[] = {
      "x\r\nabc\r\n0\r\n\r\n",
      "-3\r\nabc\r\n0\r\n\r\n",
      "3 \r\nabc\r\n0\r\n\r\n",
      "\r\nabc\r\n0\r\n\r\n",
      "2\r\nabc\r\n0\r\n\r\n",
      "ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
      "10000000000000000\r\nabc\r\n0\r\n\r\n",
      "3;" + std::string(20'000, 'x') + "\r\nabc\r\n0\r\n\r\n",
      std::string(100'000, '0'),
  };
  for (const std::string& body : cases) {
    SCOPED_TRACE(body.substr(0, 40));
    const Upload upload{body, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", {}, ""};
    EXPECT_EQ(code_of(upload), "InvalidRequest");
    EXPECT_EQ(code_of(upload, 100), "InvalidRequest");
  }
  const Upload flood{"0\r\nx-amz-checksum-crc32:" + std::string(20'000, 'x') + "\r\n\r\n",
                     "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                     {{"x-amz-trailer", "x-amz-checksum-crc32"}},
                     ""};
  EXPECT_EQ(code_of(flood), "InvalidRequest");
  EXPECT_EQ(code_of(flood, 100), "InvalidRequest");
}

// A promised length that is no number promises nothing that could be kept.
TEST(AwsChunked, RefusesALengthThatIsNoNumber) {
  for (const std::string length : {"3x", "x", "-3", "99999999999999999999"}) {
    const Upload upload{"3\r\nabc\r\n0\r\n\r\n",
                        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                        {{"x-amz-decoded-content-length", length}},
                        ""};
    EXPECT_EQ(code_of(upload), "InvalidArgument") << length;
  }
}

TEST(AwsChunked, KeepsOtherEncodings) {
  const std::pair<std::string, std::string> cases[] = {{"aws-chunked", ""},
                                                       {"aws-chunked,gzip", "gzip"},
                                                       {"gzip, aws-chunked", "gzip"},
                                                       {"gzip, aws-chunked, br", "gzip,br"},
                                                       {"aws-chunked, ", ""}};
  for (const auto& [sent, kept] : cases) {
    net::Headers headers;
    headers.add("content-encoding", sent);
    EXPECT_TRUE(is_aws_chunked(headers));
    (void)unwrap_aws_chunked(net::Body(std::string("0\r\n\r\n")), headers, std::nullopt, nullptr);
    EXPECT_EQ(headers.get("content-encoding"), kept) << sent;
  }
}

TEST(AwsChunked, ChecksAPromisedSha256) {
  constexpr std::string_view kAbc =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2
  EXPECT_EQ(read_all(check_sha256(net::Body(std::string("abc")), std::string(kAbc))).value_or("?"),
            "abc");
  const auto wrong = read_all(check_sha256(net::Body(std::string("abd")), std::string(kAbc)));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(body_error(wrong.error()).code, "XAmzContentSHA256Mismatch");
}

}  // namespace
}  // namespace penstock::protocol
