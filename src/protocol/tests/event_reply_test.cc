// Event streams as response bodies: events, exceptions of the model, other errors, and large events
// in pieces. The framing is that of the specification (documented); what Kinesis says in it was
// captured for JSON and is deduced for CBOR.
#include "protocol/event_reply.h"

#include <gtest/gtest.h>

#include "async/gate.h"
#include "base/bytes.h"
#include "gen/kinesis/model.h"
#include "protocol/event_stream.h"

namespace penstock::protocol {
namespace {

using kinesis::api::SubscribeToShardEventStream;
using kinesis::api::SubscribeToShardOutput;

// Gives the events, and then the error or the end.
class ScriptedSource final : public EventSource {
 public:
  ScriptedSource(std::vector<kinesis::api::SubscribeToShardEvent> events,
                 std::optional<ApiError> error)
      : events_(std::move(events)), error_(std::move(error)) {}
  Reply<AnyShape> next() override {
    if (stopped) co_return AnyShape();
    if (next_ < events_.size()) {
      SubscribeToShardEventStream event;
      event.subscribe_to_shard_event = events_[next_++];
      co_return AnyShape::of(std::move(event));
    }
    if (error_) co_return std::unexpected(*error_);
    co_return AnyShape();
  }
  void stop() override { stopped = true; }

  bool stopped = false;

 private:
  std::vector<kinesis::api::SubscribeToShardEvent> events_;
  std::optional<ApiError> error_;
  std::size_t next_ = 0;
};

struct Read {
  std::vector<EventMessage> messages;
  std::size_t largest_piece = 0;
};

Read read_all(std::shared_ptr<ScriptedSource> source, bool cbor) {
  Runtime runtime({.loops = 1});
  SubscribeToShardOutput output;
  output.event_stream.source = std::move(source);
  net::Body body = event_body(AnyShape::of(std::move(output)), cbor);
  EXPECT_TRUE(body.source()->is_live());
  Read read;
  EventDecoder decoder;
  while (true) {
    const Result<std::string> piece = block_on(runtime.loop(0), body.read());
    CHECK(piece.has_value());
    if (piece->empty()) break;
    read.largest_piece = std::max(read.largest_piece, piece->size());
    decoder.feed(*piece);
    while (true) {
      auto message = decoder.next();
      CHECK(message.has_value());
      if (!*message) break;
      read.messages.push_back(std::move(**message));
    }
  }
  EXPECT_EQ(decoder.left(), 0U);
  return read;
}

kinesis::api::SubscribeToShardEvent event_of(std::string data) {
  kinesis::api::SubscribeToShardEvent event;
  event.records.emplace_back().data.bytes = std::move(data);
  return event;
}

TEST(EventReply, BeginsWithTheInitialResponse) {
  for (const bool cbor : {false, true}) {
    const Read read =
        read_all(std::make_shared<ScriptedSource>(std::vector{event_of("a")}, std::nullopt), cbor);
    ASSERT_EQ(read.messages.size(), 2U);
    const std::string_view type = cbor ? "application/cbor" : "application/json";
    for (const EventMessage& message : read.messages) {
      EXPECT_EQ(message.header(":message-type"), "event");
      EXPECT_EQ(message.header(":content-type"), type);
    }
    EXPECT_EQ(read.messages[0].header(":event-type"), "initial-response");
    EXPECT_EQ(read.messages[0].payload, cbor ? "\xa0" : "{}");
    EXPECT_EQ(read.messages[1].header(":event-type"), "SubscribeToShardEvent");
    EXPECT_EQ(read.messages[1].payload.starts_with(cbor ? "\xa2" : R"({"Records":[{)"), true);
  }
}

TEST(EventReply, EndsWithAnExceptionOfTheModel) {
  const ApiError in_use("ResourceInUseException", "taken \"over\"");
  const Read json = read_all(
      std::make_shared<ScriptedSource>(std::vector<kinesis::api::SubscribeToShardEvent>{}, in_use),
      false);
  ASSERT_EQ(json.messages.size(), 2U);
  EXPECT_EQ(json.messages[1].header(":message-type"), "exception");
  EXPECT_EQ(json.messages[1].header(":exception-type"), "ResourceInUseException");
  EXPECT_EQ(json.messages[1].payload, R"({"message":"taken \"over\""})");
  const Read cbor = read_all(
      std::make_shared<ScriptedSource>(std::vector<kinesis::api::SubscribeToShardEvent>{}, in_use),
      true);
  EXPECT_EQ(to_hex(cbor.messages[1].payload), "a1676d6573736167656c" + to_hex("taken \"over\""));
  // What goes wrong inside is the model's InternalFailureException.
  const Read inside =
      read_all(std::make_shared<ScriptedSource>(std::vector<kinesis::api::SubscribeToShardEvent>{},
                                                ApiError("InternalFailure", "unknown", 500)),
               false);
  EXPECT_EQ(inside.messages[1].header(":exception-type"), "InternalFailureException");
}

TEST(EventReply, EndsWithAnErrorThatTheModelDoesNotKnow) {
  const Read read =
      read_all(std::make_shared<ScriptedSource>(std::vector<kinesis::api::SubscribeToShardEvent>{},
                                                ApiError("ServiceUnavailable", "later", 503)),
               false);
  ASSERT_EQ(read.messages.size(), 2U);
  EXPECT_EQ(read.messages[1].header(":message-type"), "error");
  EXPECT_EQ(read.messages[1].header(":error-code"), "ServiceUnavailable");
  EXPECT_EQ(read.messages[1].header(":error-message"), "later");
  EXPECT_EQ(read.messages[1].payload, "");
}

TEST(EventReply, GivesLargeEventsInPieces) {
  const Read read =
      read_all(std::make_shared<ScriptedSource>(
                   std::vector{event_of(std::string(1 << 20, 'a')), event_of("b")}, std::nullopt),
               true);
  ASSERT_EQ(read.messages.size(), 3U);
  EXPECT_GT(read.messages[1].payload.size(), 1U << 20);
  EXPECT_LE(read.largest_piece, 256U << 10);
}

TEST(EventReply, StopsItsSourceWhenNobodyReads) {
  const auto source = std::make_shared<ScriptedSource>(
      std::vector<kinesis::api::SubscribeToShardEvent>{}, std::nullopt);
  SubscribeToShardOutput output;
  output.event_stream.source = source;
  {
    const net::Body body = event_body(AnyShape::of(std::move(output)), false);
    EXPECT_FALSE(source->stopped);
  }
  EXPECT_TRUE(source->stopped);
}

}  // namespace
}  // namespace penstock::protocol
