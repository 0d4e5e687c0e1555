// Bodies that wait for something to happen: pushed as it happens, held back by a slow client, ended
// by the server's stop, and abandoned at once when the client has gone. The rules are ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/limits.h"
#include "net/loop_event.h"
#include "net/tests/http2_client.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;

class LiveSource final : public BodySource {
 public:
  Task<Result<std::string>> read() override {
    ++reads;
    while (pieces.empty() && !abandoned) {
      if (event_ == nullptr) event_ = std::make_unique<LoopEvent>(Executor::current());
      co_await *event_;
    }
    if (abandoned) co_return std::string();
    std::string piece = std::move(pieces.front());
    pieces.pop_front();
    co_return piece;
  }
  bool is_live() const override { return true; }
  void abandon() override {
    abandoned = true;
    if (event_) event_->set();
  }
  void push(std::string piece) {
    pieces.push_back(std::move(piece));
    if (event_) event_->set();
  }

  std::deque<std::string> pieces;
  bool abandoned = false;
  int reads = 0;

 private:
  std::unique_ptr<LoopEvent> event_;
};

std::shared_ptr<LiveSource> live_source;

Task<Response> answer_live(Request request) {
  Response response;
  if (request.raw_path() == "/live") {
    response.body = Body(live_source);
  } else {
    response.body = Body(std::string("dead"));
  }
  co_return response;
}

// A connection that has asked for the live body.
struct Http1Live {
  Http1Live() {
    live_source = std::make_shared<LiveSource>();
    harness.connect(wire);
    harness.send(wire, "GET /live HTTP/1.1\r\nhost: a\r\n\r\n");
  }
  ~Http1Live() {
    harness.end_input(wire);
    live_source->abandon();
    harness.executor.run();
    EXPECT_TRUE(harness.all_done());
    live_source.reset();
  }
  void push(std::string piece) {
    live_source->push(std::move(piece));
    harness.executor.run();
  }

  Harness harness{answer_live};
  MemoryTransport::Wire wire;
};

TEST(LiveBody, IsPushedAsItHappens) {
  Http1Live live;
  EXPECT_THAT(live.wire.output, HasSubstr("transfer-encoding: chunked"));
  live.push("one");
  EXPECT_THAT(live.wire.output, EndsWith("3\r\none\r\n"));
  live.harness.advance(milliseconds(10 * 60'000));  // No time-out while nothing happens.
  live.push("two");
  EXPECT_THAT(live.wire.output, EndsWith("3\r\ntwo\r\n"));
  EXPECT_FALSE(live_source->abandoned);
}

TEST(LiveBody, IsAbandonedWhenTheClientHangsUp) {
  Http1Live live;
  live.harness.end_input(live.wire);
  EXPECT_TRUE(live_source->abandoned);
  EXPECT_TRUE(live.harness.all_done());
}

TEST(LiveBody, EndsWhenTheServerStops) {
  Http1Live live;
  live.push("one");
  live.harness.loop.begin_stop();
  live.harness.executor.run();
  EXPECT_THAT(live.wire.output, EndsWith("3\r\none\r\n0\r\n\r\n"));
  EXPECT_TRUE(live.wire.closed);
  EXPECT_TRUE(live.harness.all_done());
}

TEST(LiveBody, ThatBeginsWhileTheServerStopsEndsAtOnce) {
  live_source = std::make_shared<LiveSource>();
  Harness harness(answer_live);
  MemoryTransport::Wire wire;
  harness.connect(wire);
  harness.send(wire, "GET /live HTTP/1.1\r\n");
  harness.loop.begin_stop();
  harness.send(wire, "host: a\r\n\r\n");
  EXPECT_THAT(wire.output, EndsWith("0\r\n\r\n"));
  EXPECT_TRUE(harness.all_done());
  live_source.reset();
}

TEST(LiveBody, IsFollowedByTheNextRequest) {
  Http1Live live;
  live.harness.send(live.wire, "GET /next HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_THAT(live.wire.output, testing::Not(HasSubstr("dead")));
  live_source->push("");  // The end.
  live.harness.executor.run();
  EXPECT_THAT(live.wire.output, EndsWith("dead"));
  live.harness.send(live.wire, "GET /again HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_THAT(live.wire.output, EndsWith("dead"));
  EXPECT_FALSE(live_source->abandoned);
}

TEST(LiveBody, WaitsForASlowClient) {
  Http1Live live;
  live.wire.output_room = live.wire.output.size() + 4;
  for (int i = 0; i < 10; ++i) live.push("piece");
  EXPECT_EQ(live_source->reads, 1);  // The rest stays where it is.
  live.harness.advance(milliseconds(limits::kLiveWriteMs - 1'000));
  EXPECT_FALSE(live.wire.closed);
  live.harness.advance(milliseconds(2'000));  // It did take four bytes: the wait begins again.
  EXPECT_FALSE(live.wire.closed);
  live.harness.advance(milliseconds(limits::kLiveWriteMs));
  EXPECT_TRUE(live.wire.closed);
  EXPECT_TRUE(live_source->abandoned);
}

TEST(LiveBody, OverHttp2IsPushedAndAbandonedOnReset) {
  live_source = std::make_shared<LiveSource>();
  Harness harness(answer_live);
  Http2Client client(harness);
  const std::int32_t id = client.submit({.path = "/live"});
  client.exchange();
  live_source->push("one");
  harness.executor.run();
  client.exchange();
  EXPECT_EQ(client.answers[id].body, "one");
  harness.advance(milliseconds(10 * 60'000));
  client.exchange();
  live_source->push("two");
  harness.executor.run();
  client.exchange();
  EXPECT_EQ(client.answers[id].body, "onetwo");
  EXPECT_EQ(client.ask({}).body, "dead");  // Other streams go on.
  nghttp2_submit_rst_stream(client.session(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  client.exchange();
  EXPECT_TRUE(live_source->abandoned);
  live_source.reset();
}

TEST(LiveBody, OverHttp2EndsWhenTheServerStops) {
  live_source = std::make_shared<LiveSource>();
  Harness harness(answer_live);
  Http2Client client(harness);
  const std::int32_t id = client.submit({.path = "/live"});
  client.exchange();
  harness.loop.begin_stop();
  harness.executor.run();
  client.exchange();
  EXPECT_TRUE(client.answers[id].closed);
  EXPECT_EQ(client.answers[id].error_code, std::uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_TRUE(client.wire.closed);
  live_source.reset();
}

TEST(LiveBody, OverHttp2IsAbandonedWhenTheConnectionEnds) {
  live_source = std::make_shared<LiveSource>();
  Harness harness(answer_live);
  {
    Http2Client client(harness);
    client.submit({.path = "/live"});
    client.exchange();
    EXPECT_FALSE(live_source->abandoned);
  }
  EXPECT_TRUE(live_source->abandoned);
  live_source.reset();
}

}  // namespace
}  // namespace penstock::net
