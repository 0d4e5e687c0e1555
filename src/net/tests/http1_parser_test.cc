// Heads and chunks of HTTP/1.1, whole and cut at every byte. Expectations: RFC 9112 and RFC 9110
// (documented), stricter where request smuggling is at stake (deduced, stated per row).
#include "net/http1_parser.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace penstock::net {
namespace {

using Outcome = Http1HeadParser::Outcome;

struct HeadCase {
  std::string_view name;
  std::string input;
  Outcome outcome;
  std::string target = {};
  std::string host = {};
  bool keep_alive = true;
  bool chunked = false;
  std::uint64_t length = 0;
};

const std::vector<HeadCase>& head_cases() {
  static const std::vector<HeadCase> cases = {
      {"plain", "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kDone, "/a?b=c", "x"},
      {"empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kDone, "/", "x"},
      {"too many empty lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", Outcome::kDone, "/", "x",
       false},
      {"1.0", "GET / HTTP/1.0\r\n\r\n", Outcome::kDone, "/", "", false},
      {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", Outcome::kDone, "/",
       "", true},
      {"length", "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n", Outcome::kDone, "/k",
       "x", true, false, 17},
      {"chunked", "PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n",
       Outcome::kDone, "/k", "x", true, true},
      {"absolute form", "GET http://b.example:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n", Outcome::kDone,
       "/p?q", "b.example:80"},
      {"absolute form, no path", "GET HTTP://b?q HTTP/1.1\r\nHost: a\r\n\r\n", Outcome::kDone,
       "/?q", "b"},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kDone, "*", "x"},
      {"asterisk elsewhere", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"authority form", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"relative target", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"no host", "GET / HTTP/1.1\r\n\r\n", Outcome::kBad},
      {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"no version", "GET /\r\n\r\n", Outcome::kBad},
      {"version 2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", Outcome::kBad},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), Outcome::kBad},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", Outcome::kBad},
      {"blank before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", Outcome::kBad},
      {"NUL in a value", std::string("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 36),
       Outcome::kBad},
      {"control in target", "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", Outcome::kBad},
      // Smuggling: where a proxy in front may find another end of the request (RFC 9112, 6.3).
      {"equal lengths twice",
       "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
       Outcome::kBad},
      {"equal lengths in a list", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n",
       Outcome::kBad},
      {"different lengths",
       "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
       Outcome::kBad},
      {"length and chunked",
       "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       Outcome::kBad},
      {"chunked and length",
       "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
       Outcome::kBad},
      {"chunked twice",
       "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n",
       Outcome::kBad},
      {"other coding", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       Outcome::kBad},
      {"not quite chunked", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
       Outcome::kBad},
      {"identity", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
       Outcome::kBad},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", Outcome::kBad},
      {"negative length", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", Outcome::kBad},
      {"signed length", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", Outcome::kBad},
      {"empty length", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", Outcome::kBad},
      {"huge length", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
       Outcome::kBad},
      {"hex length", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n", Outcome::kBad},
      {"one long field", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(5000, 'a') + "\r\n\r\n",
       Outcome::kTooLarge},
      {"a long target", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
       Outcome::kTooLarge},
      {"unfinished", "GET / HTTP/1.1\r\nHost: x\r\n", Outcome::kNeedMore},
  };
  return cases;
}

constexpr std::size_t kHeaderBytesMax = 4096;

// Feeds `input` cut into pieces of `step` bytes after a first one of `first`.
Outcome feed(Http1HeadParser& parser, std::string_view input, std::size_t first, std::size_t step) {
  parser.start();
  std::size_t begin = 0;
  std::size_t end = 0;
  Outcome outcome = Outcome::kNeedMore;
  while (outcome == Outcome::kNeedMore && end < input.size()) {
    end = std::min(input.size(), end + (end == 0 ? first : step));
    outcome = parser.feed(input.substr(begin, end - begin));
    begin += parser.consumed();
  }
  return outcome;
}

void expect_case(const HeadCase& c, Http1HeadParser& parser, Outcome outcome) {
  ASSERT_EQ(static_cast<int>(outcome), static_cast<int>(c.outcome)) << parser.reason();
  if (outcome != Outcome::kDone) return;
  EXPECT_EQ(parser.head().target, c.target);
  EXPECT_EQ(parser.head().headers.get("host"), c.host);
  EXPECT_EQ(parser.head().keep_alive, c.keep_alive);
  EXPECT_EQ(parser.head().chunked, c.chunked);
  EXPECT_EQ(parser.head().content_length, c.length);
}

TEST(Http1HeadParser, TellsGoodFromBadHoweverTheInputIsCut) {
  Http1HeadParser parser(kHeaderBytesMax);
  for (const HeadCase& c : head_cases()) {
    SCOPED_TRACE(c.name);
    expect_case(c, parser, feed(parser, c.input, c.input.size(), 1));
    expect_case(c, parser, feed(parser, c.input, 1, 1));
    if (c.input.size() > 500) continue;
    for (std::size_t cut = 1; cut < c.input.size(); ++cut) {
      SCOPED_TRACE(cut);
      expect_case(c, parser, feed(parser, c.input, cut, c.input.size()));
    }
  }
}

TEST(Http1HeadParser, ConsumesTheHeadOnly) {
  Http1HeadParser parser(kHeaderBytesMax);
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
  EXPECT_EQ(feed(parser, head + "abcGET /", 1000, 1), Outcome::kDone);
  EXPECT_EQ(parser.consumed(), head.size());
}

TEST(Http1HeadParser, RefusesTooManyFields) {
  Http1HeadParser parser(1 << 20);
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (std::size_t i = 0; i < limits::kHeaderFields; ++i) head += "a: b\r\n";
  EXPECT_EQ(feed(parser, head + "\r\n", head.size() + 2, 1), Outcome::kTooLarge);
}

struct ChunkCase {
  std::string_view name;
  std::string input;
  ChunkDecoder::Outcome outcome;
  std::string data = {};
};

TEST(ChunkDecoder, IsStrictHoweverTheInputIsCut) {
  using O = ChunkDecoder::Outcome;
  const std::vector<ChunkCase> cases = {
      {"empty body", "0\r\n\r\n", O::kDone, ""},
      {"two chunks", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", O::kDone, "abc0123456789"},
      {"leading zeros", "0003\r\nabc\r\n000\r\n\r\n", O::kDone, "abc"},
      {"extension", "3;n=\"v\"\r\nabc\r\n0;last\r\n\r\n", O::kDone, "abc"},
      {"trailers", "1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n", O::kDone, "a"},
      {"data that looks like a frame", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", O::kDone, "0\r\n\r\n"},
      {"unfinished", "3\r\nab", O::kNeedMore, "ab"},
      {"no size", "\r\nabc", O::kBad},
      {"not hexadecimal", "g\r\n", O::kBad},
      {"blank before the size", " 3\r\nabc\r\n0\r\n\r\n", O::kBad},
      {"blank after the size", "3 \r\nabc\r\n0\r\n\r\n", O::kBad},
      {"minus", "-3\r\nabc\r\n", O::kBad},
      {"0x", "0x3\r\nabc\r\n", O::kBad},
      {"LF only", "3\nabc\n0\n\n", O::kBad},
      {"CR without LF", "3\rabc", O::kBad},
      {"data too long", "3\r\nabcd\r\n0\r\n\r\n", O::kBad, "abc"},
      {"overflowing size", "ffffffffffffffff1\r\n", O::kBad},
      {"LF in an extension", "3;a\nb\r\nabc\r\n", O::kBad},
      {"LF in a trailer", "0\r\nA: b\nC: d\r\n\r\n", O::kBad},
      {"endless extension", "3;" + std::string(limits::kChunkLineBytes, 'x'), O::kBad},
      {"endless trailers",
       "0\r\n" +
           [] {
             std::string lines;
             while (lines.size() <= 2 * limits::kTrailerBytes) lines += "abc: def\r\n";
             return lines;
           }(),
       O::kBad},
  };
  for (const ChunkCase& c : cases) {
    SCOPED_TRACE(c.name);
    for (const std::size_t step :
         {c.input.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      SCOPED_TRACE(step);
      ChunkDecoder decoder;
      std::string data;
      auto outcome = O::kNeedMore;
      std::string_view rest(c.input);
      while (outcome == O::kNeedMore && !rest.empty()) {
        std::string_view piece = rest.substr(0, step);
        rest.remove_prefix(piece.size());
        outcome = decoder.feed(piece, data, 1 << 20);
      }
      EXPECT_EQ(static_cast<int>(outcome), static_cast<int>(c.outcome));
      EXPECT_EQ(data, c.data);
    }
  }
}

TEST(ChunkDecoder, StopsWhenTheOutputIsFull) {
  ChunkDecoder decoder;
  std::string out;
  std::string_view input = "5\r\nabcde\r\n0\r\n\r\n";
  EXPECT_EQ(decoder.feed(input, out, 2), ChunkDecoder::Outcome::kNeedMore);
  EXPECT_EQ(out, "ab");
  out.clear();
  EXPECT_EQ(decoder.feed(input, out, 100), ChunkDecoder::Outcome::kDone);
  EXPECT_EQ(out, "cde");
  EXPECT_TRUE(input.empty());
}

}  // namespace
}  // namespace penstock::net
