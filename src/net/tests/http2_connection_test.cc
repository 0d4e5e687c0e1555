// HTTP/2 connections driven from memory by an nghttp2 client session. Expectations: RFC 9113
// (documented); the numbers of the limits are ours (base/limits.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "base/limits.h"
#include "net/tests/http2_client.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Http2Connection, Answers) {
  Harness harness(answer_by_path);
  Http2Client client(harness);
  const Http2Answer& plain = client.ask({.path = "/a?b"});
  EXPECT_EQ(plain.body, "GET /a?b host:1");
  EXPECT_EQ(plain.headers.at(":status"), "200");
  EXPECT_EQ(plain.headers.at("content-length"), "15");
  EXPECT_EQ(plain.headers.at("date"), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(plain.headers.at("x-evil"), "a  set-cookie: b");
  EXPECT_TRUE(plain.closed);
  EXPECT_EQ(client.ask({.path = "/stream"}).body, "onetwo");
  EXPECT_EQ(client.ask({.path = "/stream"}).headers.count("content-length"), 0u);
  EXPECT_EQ(client.ask({.path = "/sized"}).headers.at("content-length"), "6");
  EXPECT_EQ(client.ask({.method = "HEAD", .path = "/length"}).headers.at("content-length"),
            "12345");
  EXPECT_EQ(client.ask({.method = "HEAD", .path = "/ignore"}).body, "");
  EXPECT_EQ(client.ask({.path = "/status/204"}).body, "");
  EXPECT_EQ(client.ask({.path = "/broken"}).error_code, std::uint32_t{NGHTTP2_INTERNAL_ERROR});
}

TEST(Http2Connection, TakesBodiesOfEverySize) {
  Harness harness(answer_by_path);
  Http2Client client(harness);
  for (const std::size_t size : {0UL, 1UL, 16384UL, 262144UL, 262145UL, 600000UL, 5000000UL}) {
    for (const bool stated : {true, false}) {
      SCOPED_TRACE(size);
      std::string body(size, 'b');
      const std::string sent = body;
      Http2Client::Ask ask{.method = "POST", .path = "/echo", .body = &body};
      if (stated) ask.headers.emplace_back("content-length", std::to_string(size));
      EXPECT_EQ(client.ask(ask).body, sent);
      body = sent;
      ask.path = "/pipe";
      EXPECT_EQ(client.ask(ask).body, sent);
    }
  }
}

TEST(Http2Connection, ServesManyStreamsAtOnce) {
  Harness harness(answer_by_path);
  Http2Client client(harness);
  std::map<std::int32_t, std::string> expected;
  std::deque<std::string> bodies;
  for (int i = 0; i < 500; ++i) {
    std::string& body =
        bodies.emplace_back(std::string(static_cast<std::size_t>(i * 37), 'x') + std::to_string(i));
    const std::string copy = body;
    expected[client.submit({.method = "POST", .path = "/echo", .body = &body})] = copy;
  }
  client.exchange();
  for (const auto& [id, body] : expected) EXPECT_EQ(client.answers[id].body, body) << id;
  EXPECT_EQ(harness.shared.requests, 500u);
}

TEST(Http2Connection, AnswersExpectations) {
  Harness harness(answer_by_path);
  Http2Client client(harness);
  for (const std::size_t size : {5UL, 300000UL}) {
    std::string body(size, 'b');
    const Http2Answer& answer = client.ask(
        {.method = "POST",
         .path = "/echo",
         .headers = {{"expect", "100-continue"}, {"content-length", std::to_string(size)}},
         .body = &body});
    EXPECT_TRUE(answer.continued);
    EXPECT_EQ(answer.body.size(), size);
  }
}

TEST(Http2Connection, RefusesLargeHeads) {
  Harness harness(answer_by_path, {.header_bytes_max = 4096});
  Http2Client client(harness);
  const Http2Answer& answer = client.ask({.headers = {{"a", std::string(5000, 'x')}}});
  EXPECT_EQ(answer.headers.at(":status"), "431");
  EXPECT_EQ(client.ask({}).headers.at(":status"), "200");
  EXPECT_EQ(client.ask({.method = "OPTIONS", .path = "*"}).headers.at(":status"), "200");
}

// A handler that waits until it is told to go on.
struct Blocker {
  std::vector<std::coroutine_handle<>> waiting;
  int running = 0;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiting.push_back(handle); }
  void await_resume() const {}
  void release() {
    for (const auto handle : std::exchange(waiting, {})) Executor::current().resume(handle);
  }
};
Blocker* blocker = nullptr;

Task<Response> blocked(Request request) {
  ++blocker->running;
  co_await *blocker;
  --blocker->running;
  Response response;
  auto body = co_await request.body.collect(64 << 20);
  response.body = Body(body ? std::to_string(body->size()) : body.error().message);
  co_return response;
}

TEST(Http2Connection, ABlockedHandlerStopsItsStreamOnly) {
  Blocker block;
  blocker = &block;
  Harness harness(blocked);
  Http2Client client(harness);
  std::string large(8'000'000, 'x'), small("abc");
  const auto slow = client.submit({.method = "POST", .body = &large});
  client.exchange();
  const std::size_t taken = 8'000'000 - large.size();
  EXPECT_GT(taken, limits::kInlineBodyBytes);
  EXPECT_LE(taken, limits::kHttp2StreamWindowBytes);
  EXPECT_LE(harness.shared.body_bytes, limits::kHttp2StreamWindowBytes);
  const auto quick = client.submit({.method = "POST", .body = &small});
  client.exchange();
  EXPECT_EQ(block.running, 2);
  block.release();
  harness.executor.run();
  client.exchange();
  EXPECT_EQ(client.answers[quick].body, "3");
  EXPECT_EQ(client.answers[slow].body, "8000000");
}

TEST(Http2Connection, RapidResetsStartNoMoreHandlersThanAllowed) {
  Blocker block;
  blocker = &block;
  Harness harness(blocked);
  {
    Http2Client client(harness);
    for (int i = 0; i < 300; ++i) {
      const auto id = client.submit({});
      client.exchange();
      nghttp2_submit_rst_stream(client.session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
      client.exchange();
    }
    EXPECT_LE(block.running, static_cast<int>(limits::kHttp2Streams));
    EXPECT_FALSE(client.goaway);
    for (int i = 0; i < 200 && !client.goaway; ++i) {
      const auto id = client.submit({});
      client.exchange();
      nghttp2_submit_rst_stream(client.session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
      client.exchange();
    }
    EXPECT_EQ(client.goaway, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
    EXPECT_FALSE(harness.all_done());  // Handlers are waited for.
    block.release();
    harness.executor.run();
  }
}

std::string preface_and(std::string_view frames) {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9) +
         std::string(frames);
}

TEST(Http2Connection, EndsFloods) {
  const std::string goaway("\0\0\0\x0b", 4);  // ENHANCE_YOUR_CALM at the end of the frame.
  const std::vector<std::pair<std::string_view, std::string>> floods = {
      {"ping", std::string("\0\0\x08\x06\0\0\0\0\0", 9) + std::string(8, 'x')},
      {"settings", std::string("\0\0\0\x04\0\0\0\0\0", 9)},
      {"priority", std::string("\0\0\5\2\0\0\0\0\1\0\0\0\0\1", 14)},
  };
  for (const auto& [name, frame] : floods) {
    SCOPED_TRACE(name);
    Harness harness(answer_by_path);
    MemoryTransport::Wire wire;
    wire.input.push_back(preface_and(""));
    harness.connect(wire);
    std::size_t sent = 0;
    for (; sent < 2 * limits::kHttp2ControlFramesPerSecond && !wire.closed; ++sent) {
      harness.send(wire, frame);
    }
    EXPECT_NEAR(static_cast<double>(sent), limits::kHttp2ControlFramesPerSecond, 10);
    EXPECT_TRUE(wire.closed);
    EXPECT_THAT(wire.output, testing::EndsWith(goaway));
    EXPECT_TRUE(harness.all_done());
  }
}

TEST(Http2Connection, EndsWithGoawayAndFinishesWhatRuns) {
  Blocker block;
  blocker = &block;
  Harness harness(blocked);
  Http2Client client(harness);
  const auto id = client.submit({});
  client.exchange();
  harness.loop.begin_stop();
  harness.executor.run();
  client.exchange();
  EXPECT_EQ(client.goaway, std::uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_FALSE(client.wire.closed);
  block.release();
  harness.executor.run();
  client.exchange();
  EXPECT_EQ(client.answers[id].body, "0");
  EXPECT_TRUE(client.wire.closed);
}

TEST(Http2Connection, TimesOut) {
  Harness harness(answer_by_path, {.idle_timeout_ms = 1000, .request_timeout_ms = 300});
  Http2Client client(harness);
  std::string some("abc");
  // Small enough to be collected beforehand, and large enough to be streamed.
  const auto small =
      client.submit({.method = "POST", .path = "/echo", .body = &some, .body_ends = false});
  client.exchange();
  std::string more(300000, 'x');
  const auto large =
      client.submit({.method = "POST", .path = "/echo", .body = &more, .body_ends = false});
  client.exchange();
  harness.advance(milliseconds(400));
  client.exchange();
  EXPECT_TRUE(client.answers[small].closed);
  EXPECT_EQ(client.answers[small].error_code, std::uint32_t{NGHTTP2_CANCEL});
  EXPECT_TRUE(client.answers[large].closed);
  EXPECT_FALSE(client.wire.closed);
  harness.advance(milliseconds(1100));
  client.exchange();
  EXPECT_EQ(client.goaway, std::uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_TRUE(client.wire.closed);
}

TEST(Http2Connection, GivesUpOnPeersThatDoNotRead) {
  Harness harness(answer_by_path, {.idle_timeout_ms = 1000, .request_timeout_ms = 10000});
  Http2Client client(harness);
  client.wire.output_room = client.wire.output.size() + 5;
  client.submit({.path = "/ignore"});
  client.exchange();
  harness.advance(milliseconds(1100));
  EXPECT_FALSE(client.wire.closed);  // A little went out.
  harness.advance(milliseconds(1100));
  EXPECT_TRUE(client.wire.closed);
}

TEST(Http2Connection, SkipsUnreadBodiesAndThenResets) {
  Harness harness(answer_by_path);
  Http2Client client(harness);
  std::string body(600'000, 'x');
  const Http2Answer& answer = client.ask({.method = "POST", .path = "/ignore", .body = &body});
  EXPECT_EQ(answer.body, "ignored");
  EXPECT_EQ(answer.error_code, std::uint32_t{NGHTTP2_NO_ERROR});
  std::string endless(50'000'000, 'x');
  const Http2Answer& cut = client.ask({.method = "POST", .path = "/ignore", .body = &endless});
  EXPECT_EQ(cut.body, "ignored");
  EXPECT_TRUE(cut.closed);
  EXPECT_GT(endless.size(), 40'000'000u);
}

TEST(Http2Connection, SurvivesGarbageAndTruncation) {
  // A correct exchange, as bytes, to be cut and damaged.
  const std::string head("\x82\x86\x84\x41\x01h", 6);  // GET http / h
  const std::string good = preface_and(std::string("\0\0\6\1\5\0\0\0\1", 9) + head);
  for (std::size_t cut = 0; cut <= good.size(); ++cut) {
    SCOPED_TRACE(cut);
    Harness harness(answer_by_path);
    MemoryTransport::Wire wire;
    wire.input.push_back(good.substr(0, cut));
    if (cut > 0 && cut < good.size()) wire.input.push_back(good.substr(cut));
    if (wire.input.front().empty()) wire.input.front() = good;
    harness.connect(wire);
    EXPECT_THAT(wire.output, HasSubstr("GET / h"));
    harness.end_input(wire);
    EXPECT_TRUE(harness.all_done());

    MemoryTransport::Wire truncated;
    if (cut > 0) truncated.input.push_back(good.substr(0, cut));
    harness.connect(truncated);
    harness.end_input(truncated);
    EXPECT_TRUE(harness.all_done());
  }
  for (std::size_t at = 24; at < good.size(); ++at) {
    for (const char damage : {'\x00', '\x01', '\x7f', '\xff'}) {
      Harness harness(answer_by_path);
      MemoryTransport::Wire wire;
      std::string bytes = good;
      bytes[at] = damage;
      wire.input.push_back(bytes + good);
      harness.connect(wire);
      harness.end_input(wire);
      EXPECT_TRUE(harness.all_done()) << at;
    }
  }
}

}  // namespace
}  // namespace penstock::net
