// The Runtime API: its state machine (documented by AWS) and its HTTP, fed in pieces.
#include "services/lambda/runtime_session.h"

#include <gtest/gtest.h>

namespace penstock::lambda {
namespace {

using Event = RuntimeSession::Event;
using State = RuntimeSession::State;

WireRequest get_next() { return {.method = "GET", .path = "/2018-06-01/runtime/invocation/next"}; }
WireRequest post(std::string path) {
  return {.method = "POST", .path = "/2018-06-01/runtime/" + std::move(path)};
}

TEST(RuntimeSession, ServesOneInvocationAfterTheOther) {
  RuntimeSession session;
  for (int round = 0; round < 3; ++round) {
    const auto next = session.handle(get_next());
    EXPECT_EQ(next.event, Event::kWantsWork);
    EXPECT_EQ(next.status, 0);
    session.assign("r1");
    const auto answer =
        session.handle(post(round == 1 ? "invocation/r1/error" : "invocation/r1/response"));
    EXPECT_EQ(answer.event, round == 1 ? Event::kError : Event::kResult);
    EXPECT_EQ(answer.status, 202);
  }
}

TEST(RuntimeSession, RefusesEveryOtherStep) {
  // For each state: the requests that are refused there, with their status.
  const auto in_state = [](State state) {
    RuntimeSession session;
    if (state == State::kFailed) session.handle(post("init/error"));
    if (state == State::kReady || state == State::kBusy || state == State::kAnswered)
      session.handle(get_next());
    if (state == State::kBusy || state == State::kAnswered) session.assign("r1");
    if (state == State::kAnswered) session.handle(post("invocation/r1/response"));
    return session;
  };
  struct Refusal {
    State state;
    WireRequest request;
    int status;
  };
  const std::vector<Refusal> refusals = {
      {State::kInit, post("invocation/r1/response"), 403},
      {State::kInit, post("invocation/r1/error"), 403},
      {State::kReady, get_next(), 403},
      {State::kReady, post("init/error"), 403},
      {State::kReady, post("invocation/r1/response"), 403},
      {State::kBusy, get_next(), 403},
      {State::kBusy, post("init/error"), 403},
      {State::kBusy, post("invocation/other/response"), 400},
      {State::kBusy, post("invocation/r1/what"), 404},
      {State::kAnswered, post("invocation/r1/response"), 403},
      {State::kFailed, get_next(), 403},
      {State::kInit, {.method = "GET", .path = "/elsewhere"}, 404},
      {State::kInit, {.method = "DELETE", .path = "/2018-06-01/runtime/invocation/next"}, 404},
      {State::kBusy, post("invocation/"), 404},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.request.path);
    RuntimeSession session = in_state(refusal.state);
    ASSERT_EQ(session.state(), refusal.state);
    const auto step = session.handle(refusal.request);
    EXPECT_EQ(step.event, Event::kNone);
    EXPECT_EQ(step.status, refusal.status);
    EXPECT_EQ(session.state(), refusal.state);
  }
}

TEST(RuntimeSession, AnswersTooMuchWith413) {
  RuntimeSession session;
  session.handle(get_next());
  session.assign("r1");
  WireRequest request = post("invocation/r1/response");
  request.body_too_large = true;
  const auto step = session.handle(request);
  EXPECT_EQ(step.status, 413);
  EXPECT_EQ(step.event, Event::kResult);
  EXPECT_EQ(session.state(), State::kAnswered);
}

struct WireCase {
  std::string_view what;
  std::string bytes;
  std::vector<std::string> bodies;
  bool failed = false;
};

TEST(RequestParser, ReadsRequestsHoweverTheyAreCut) {
  const std::vector<WireCase> cases = {
      {"one with length", "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", {"hello"}},
      {"two in a row",
       "POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\n\r\n",
       {"x", ""}},
      {"chunked",
       "POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
       {"abcde"}},
      {"too large",
       "POST /a HTTP/1.1\r\nContent-Length: 12\r\n\r\n123456789012GET /b HTTP/1.1\r\n\r\n",
       {"", ""}},
      {"no HTTP", "hello world\r\n\r\n", {}, true},
      {"no path", "GET b HTTP/1.1\r\n\r\n", {}, true},
      {"bad length", "POST /a HTTP/1.1\r\nContent-Length: 5x\r\n\r\n", {}, true},
      {"bad chunk", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", {}, true},
      {"field without colon", "GET /a HTTP/1.1\r\nnothing\r\n\r\n", {}, true},
      {"gzip coding", "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", {}, true},
  };
  for (const WireCase& wire : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, wire.bytes.size()}) {
      SCOPED_TRACE(wire.what);
      RequestParser parser(10);
      std::vector<std::string> bodies;
      for (std::size_t at = 0; at < wire.bytes.size(); at += piece) {
        parser.feed(std::string_view(wire.bytes).substr(at, piece));
        while (auto request = parser.next()) bodies.push_back(request->body);
      }
      EXPECT_EQ(bodies, wire.bodies);
      EXPECT_EQ(parser.failed(), wire.failed);
    }
  }
}

TEST(RequestParser, TellsOnceThatAClientWaitsToContinue) {
  RequestParser parser(10);
  parser.feed("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_FALSE(parser.next().has_value());
  EXPECT_TRUE(parser.take_expect_continue());
  EXPECT_FALSE(parser.take_expect_continue());
  parser.feed("ok");
  EXPECT_EQ(parser.next()->body, "ok");
}

}  // namespace
}  // namespace penstock::lambda
