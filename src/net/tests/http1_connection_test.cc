// HTTP/1.1 connections driven from memory: transcripts, splits, time-outs, the end. Expectations:
// RFC 9112 and RFC 9110 (documented); which limit has which answer is ours (net/server.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/tests/harness.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kDate = "date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";  // SimClock's start.

// What the client sees, without the dates.
std::string without_dates(std::string text) {
  for (std::size_t at = 0; (at = text.find(kDate, at)) != std::string::npos;) {
    text.erase(at, kDate.size());
  }
  return text;
}

std::string talk(const std::vector<std::string>& pieces, ServerOptions options = {}) {
  Harness harness(answer_by_path, std::move(options));
  MemoryTransport::Wire wire;
  for (const std::string& piece : pieces) wire.input.push_back(piece);
  harness.connect(wire);
  harness.end_input(wire);
  EXPECT_TRUE(harness.all_done());
  EXPECT_EQ(harness.shared.connections_open, 0u);
  EXPECT_EQ(harness.shared.body_bytes, 0u);
  EXPECT_EQ(harness.shared.lingering, 0u);
  return without_dates(wire.output);
}

struct Transcript {
  std::string_view name;
  std::string sent;
  std::string received;
};

std::string ok(std::string_view body, std::string_view more = "") {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}
std::string bad(std::string_view reason) {
  return "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: " +
         std::to_string(reason.size() + 1) + "\r\nconnection: close\r\n\r\n" + std::string(reason) +
         "\n";
}

const std::vector<Transcript>& transcripts() {
  static const std::string kHost = "Host: h\r\n";
  static const std::vector<Transcript> all = {
      {"a handler cannot split headers", "GET /a?b HTTP/1.1\r\n" + kHost + "\r\n",
       "HTTP/1.1 200 OK\r\nx-evil: a  set-cookie: b\r\ncontent-length: 10\r\n\r\nGET /a?b h"},
      {"echo", "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello", ok("hello")},
      {"pipelined",
       "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\n\r\nA" +
           "GET /ignore HTTP/1.1\r\n" + kHost + "\r\n" + "POST /echo HTTP/1.1\r\n" + kHost +
           "Content-Length: 2\r\n\r\nBC",
       ok("A") + ok("ignored") + ok("BC")},
      {"chunked in",
       "POST /echo HTTP/1.1\r\n" + kHost +
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n"
           "GET /ignore HTTP/1.1\r\n" +
           kHost + "\r\n",
       ok("abcde") + ok("ignored")},
      {"chunked in, unread",
       "POST /ignore HTTP/1.1\r\n" + kHost +
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + "POST /ignore HTTP/1.1\r\n" +
           kHost + "Content-Length: 3\r\n\r\nabc",
       ok("ignored") + ok("ignored")},
      {"bad chunk",
       "POST /echo HTTP/1.1\r\n" + kHost +
           "Transfer-Encoding: chunked\r\n\r\nxyz\r\nGET / HTTP/1.1\r\n\r\n",
       "HTTP/1.1 400 Bad Request\r\ncontent-length: 40\r\nconnection: close\r\n\r\n"
       "the request body is not properly chunked"},
      {"body cut short", "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhel", ""},
      {"chunked out", "GET /stream HTTP/1.1\r\n" + kHost + "\r\n",
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"},
      {"a stream of known length", "GET /sized HTTP/1.1\r\n" + kHost + "\r\n", ok("onetwo")},
      {"a stream that breaks has no end",
       "GET /broken HTTP/1.1\r\n" + kHost + "\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n",
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n"},
      {"chunks are unknown to 1.0", "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo"},
      {"1.0 keep-alive",
       "GET /ignore HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /ignore HTTP/1.0\r\n\r\n",
       ok("ignored", "connection: keep-alive\r\n") + ok("ignored", "connection: close\r\n")},
      {"close is obeyed",
       "GET /ignore HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\nGET /ignore HTTP/1.1\r\n" +
           kHost + "\r\n",
       ok("ignored", "connection: close\r\n")},
      {"HEAD has no body",
       "HEAD /ignore HTTP/1.1\r\n" + kHost + "\r\nHEAD /stream HTTP/1.1\r\n" + kHost +
           "\r\nHEAD /length HTTP/1.1\r\n" + kHost + "\r\n",
       "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
       "HTTP/1.1 200 OK\r\ncontent-length: 12345\r\n\r\n"},
      {"a stated length that is wrong", "GET /length HTTP/1.1\r\n" + kHost + "\r\n", ok("")},
      {"204 and 304 have no body",
       "GET /status/204 HTTP/1.1\r\n" + kHost + "\r\nGET /status/304 HTTP/1.1\r\n" + kHost + "\r\n",
       "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"},
      {"expect, read whole",
       "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
       "HTTP/1.1 100 Continue\r\n\r\n"},
      {"expect, no body",
       "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n",
       "HTTP/1.1 100 Continue\r\n\r\n" + ok("")},
      {"pipe",
       "POST /pipe HTTP/1.1\r\n" + kHost +
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
      {"garbage", "\x16\x03\x01\r\n\r\n", bad("malformed request head")},
      {"two lengths",
       "POST /echo HTTP/1.1\r\n" + kHost +
           "Content-Length: 1\r\nContent-Length: 1\r\n\r\nAGET / HTTP/1.1\r\n\r\n",
       bad("more than one content-length")},
      {"other coding", "POST /echo HTTP/1.1\r\n" + kHost + "Transfer-Encoding: gzip\r\n\r\n",
       bad("unsupported transfer-encoding")},
      {"almost HTTP/2", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", bad("malformed request head")},
  };
  return all;
}

TEST(Http1Connection, AnswersTranscriptsHoweverTheyAreCut) {
  for (const Transcript& t : transcripts()) {
    SCOPED_TRACE(t.name);
    EXPECT_EQ(talk({t.sent}), t.received);
    std::vector<std::string> bytes;
    for (const char c : t.sent) bytes.emplace_back(1, c);
    if (t.name != "pipe") EXPECT_EQ(talk(bytes), t.received) << "byte by byte";
    for (std::size_t cut = 1; cut < t.sent.size() && t.name != "pipe"; ++cut) {
      EXPECT_EQ(talk({t.sent.substr(0, cut), t.sent.substr(cut)}), t.received) << "cut at " << cut;
    }
  }
}

TEST(Http1Connection, ContinuesWhenTheHandlerReads) {
  // A body too large to be read ahead: the handler's first read answers the expectation.
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n";
  Harness harness(answer_by_path);
  MemoryTransport::Wire wire;
  harness.connect(wire);
  harness.send(wire, head);
  EXPECT_EQ(wire.output, "HTTP/1.1 100 Continue\r\n\r\n");
  for (int i = 0; i < 10; ++i) harness.send(wire, std::string(30000, 'x'));
  EXPECT_THAT(wire.output, HasSubstr("content-length: 300000\r\n"));
  EXPECT_FALSE(wire.closed);
  harness.end_input(wire);
}

TEST(Http1Connection, ClosesWhenTheExpectedBodyWasNotWanted) {
  // Whether the client sends the body after such an answer is its choice: only closing is safe.
  Harness harness(answer_by_path);
  MemoryTransport::Wire wire;
  harness.connect(wire);
  harness.send(
      wire,
      "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(wire.output, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(wire.output, HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(wire.send_shut);
  harness.end_input(wire);
  EXPECT_TRUE(wire.closed);
}

TEST(Http1Connection, ClosesRatherThanSkipALargeBody) {
  Harness harness(answer_by_path);
  MemoryTransport::Wire wire;
  harness.connect(wire);
  harness.send(wire, "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000000\r\n\r\nabc");
  EXPECT_THAT(wire.output, HasSubstr("connection: close\r\n"));
  harness.send(wire, std::string(100000, 'x'));
  EXPECT_FALSE(wire.closed);  // Lingers, so that the answer can be read.
  harness.advance(milliseconds(limits::kLingerMs + 1));
  EXPECT_TRUE(wire.closed);
  EXPECT_TRUE(harness.all_done());
}

TEST(Http1Connection, RefusesALargeHead) {
  const std::string field = "a: " + std::string(3000, 'b') + "\r\n";
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  while (head.size() < 70000) head += field;
  const std::string reply = talk({head});
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
  EXPECT_THAT(talk({"GET /" + std::string(70000, 'x')}), StartsWith("HTTP/1.1 431 "));
}

TEST(Http1Connection, TimesOutSlowHeads) {
  Harness harness(answer_by_path, {.idle_timeout_ms = 1000, .request_timeout_ms = 300});
  MemoryTransport::Wire wire;
  harness.connect(wire);
  // Slow loris: each byte comes in time, the head as a whole does not.
  const std::string_view head = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (std::size_t i = 0; i < head.size() && wire.output.empty(); ++i) {
    harness.send(wire, std::string(1, head[i]));
    harness.advance(milliseconds(100));
  }
  EXPECT_THAT(wire.output, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  harness.end_input(wire);
  EXPECT_TRUE(wire.closed);
  EXPECT_EQ(harness.shared.refused, 1u);
}

TEST(Http1Connection, TimesOutIdleConnectionsSilently) {
  Harness harness(answer_by_path, {.idle_timeout_ms = 1000, .request_timeout_ms = 300});
  MemoryTransport::Wire fresh, used;
  harness.connect(fresh);
  harness.connect(used);
  harness.advance(milliseconds(900));
  harness.send(used, "GET /ignore HTTP/1.1\r\nHost: h\r\n\r\n");
  harness.advance(milliseconds(200));
  EXPECT_TRUE(fresh.closed);
  EXPECT_EQ(fresh.output, "");
  EXPECT_FALSE(used.closed);
  harness.advance(milliseconds(900));
  EXPECT_TRUE(used.closed);
  EXPECT_TRUE(harness.all_done());
}

TEST(Http1Connection, TimesOutStalledBodies) {
  for (const std::string framing :
       {"Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n",
        "Content-Length: 400000\r\n\r\n"}) {
    SCOPED_TRACE(framing);
    Harness harness(answer_by_path, {.idle_timeout_ms = 10000, .request_timeout_ms = 300});
    MemoryTransport::Wire wire;
    harness.connect(wire);
    harness.send(wire, "POST /echo HTTP/1.1\r\nHost: h\r\n" + framing);
    for (int i = 0; i < 4; ++i) {
      harness.send(wire, "a");
      harness.advance(milliseconds(200));
      EXPECT_EQ(wire.output, "");
    }
    harness.advance(milliseconds(200));
    EXPECT_THAT(wire.output, HasSubstr("too long"));
    EXPECT_THAT(wire.output, HasSubstr("connection: close"));
    harness.end_input(wire);
    EXPECT_TRUE(wire.closed);
  }
}

TEST(Http1Connection, GivesUpOnPeersThatDoNotRead) {
  Harness harness(answer_by_path, {.idle_timeout_ms = 1000});
  MemoryTransport::Wire wire;
  wire.output_room = 20;
  harness.connect(wire);
  harness.send(wire, "GET /ignore HTTP/1.1\r\nHost: h\r\n\r\n");
  harness.advance(milliseconds(900));
  wire.output_room = 40;  // Slow is not stuck.
  harness.send(wire, {});
  harness.advance(milliseconds(200));
  EXPECT_FALSE(wire.closed);
  harness.advance(milliseconds(1100));
  EXPECT_TRUE(wire.closed);
  EXPECT_TRUE(harness.all_done());
}

TEST(Http1Connection, StopsBetweenRequests) {
  Harness harness(answer_by_path);
  MemoryTransport::Wire idle, busy;
  harness.connect(idle);
  harness.connect(busy);
  harness.send(busy, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na");
  harness.loop.begin_stop();
  harness.executor.run();
  EXPECT_TRUE(idle.closed);
  EXPECT_FALSE(busy.closed);
  harness.send(busy, "bc");
  EXPECT_THAT(busy.output, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(busy.output, EndsWith("abc"));
  EXPECT_TRUE(busy.closed);
  MemoryTransport::Wire late;
  harness.connect(late);
  EXPECT_TRUE(late.closed);
  EXPECT_TRUE(harness.all_done());
}

TEST(Http1Connection, BoundsRequestBytesInFlight) {
  Harness harness(answer_by_path);
  ASSERT_TRUE(harness.shared.reserve_body(limits::kInFlightBodyBytes - 10));
  MemoryTransport::Wire wire;
  harness.connect(wire);
  harness.send(wire, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(wire.output, StartsWith("HTTP/1.1 200 OK\r\n"));
  wire.output.clear();
  harness.send(wire, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world");
  EXPECT_THAT(wire.output, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  harness.end_input(wire);
}

// A request body that is kept beyond its request must not reach into a connection that moved on.
std::shared_ptr<BodySource> kept_source;
Task<Response> keep_body(Request request) {
  kept_source = request.body.source();
  co_return Response{};
}
Task<void> read_kept(std::string& outcome) {
  auto piece = co_await kept_source->read();
  outcome = piece ? "read" : piece.error().message;
}

TEST(Http1Connection, DetachesBodiesFromFinishedRequests) {
  Harness harness(keep_body);
  MemoryTransport::Wire wire;
  harness.connect(wire);
  harness.send(
      wire,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  ASSERT_NE(kept_source, nullptr);
  std::string outcome;
  harness.shared.gate.spawn(harness.executor, read_kept(outcome));
  harness.executor.run();
  EXPECT_EQ(outcome, "the request is over");
  kept_source.reset();
  harness.end_input(wire);
}

}  // namespace
}  // namespace penstock::net
