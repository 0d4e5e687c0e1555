// Services that a test plays: it says what each call is answered, and sees what was asked.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "async/executor.h"
#include "async/notifier.h"
#include "gen/firehose/shapes.h"
#include "gen/lambda/shapes.h"
#include "gen/logs/shapes.h"
#include "gen/sqs/shapes.h"
#include "protocol/caller.h"

namespace penstock::pipes {

class FakeService final : public protocol::Caller {
 public:
  using Answer = std::function<protocol::ApiResult<protocol::AnyShape>(const std::string& operation,
                                                                       protocol::AnyShape& input)>;

  protocol::Reply<protocol::AnyShape> call(protocol::Context context,
                                           const protocol::OperationInfo& operation,
                                           protocol::AnyShape input) override {
    const std::string name(operation.name);
    {
      const std::scoped_lock lock(mutex_);
      principal_ = context.principal_arn;
      ++calls_;
      changed_.notify_all();
    }
    while (hangs) {
      const std::uint64_t seen = released_.version("");
      if (hangs) co_await released_.wait_beyond("", seen, std::chrono::seconds(1));
    }
    const std::scoped_lock lock(mutex_);
    auto reply = answer ? answer(name, input)
                        : protocol::ApiResult<protocol::AnyShape>(
                              protocol::refuse("ServiceUnavailable", "not played", 503));
    changed_.notify_all();
    co_return reply;
  }

  void release() {
    hangs = false;
    released_.notify("");
  }
  template <typename Condition>
  bool wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }
  bool wait_for_calls(int count) {
    return wait_until([&] { return calls_ >= count; });
  }
  int calls() {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  std::string principal() {
    const std::scoped_lock lock(mutex_);
    return principal_;
  }

  Answer answer;  // Called one at a time; set before the first call.
  std::atomic<bool> hangs{false};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Notifier released_;
  int calls_ = 0;
  std::string principal_;
};

struct FakeServices {
  FakeService firehose, lambda, sqs, logs;
};

// What a function that runs well answers.
inline protocol::AnyShape returned(std::string payload) {
  lambda::api::InvocationResponse response;
  response.status_code = 200;
  response.payload = Blob{std::move(payload)};
  return protocol::AnyShape::of(std::move(response));
}
inline protocol::AnyShape function_failed(std::string message) {
  lambda::api::InvocationResponse response;
  response.status_code = 200;
  response.function_error = "Unhandled";
  response.payload = Blob{R"({"errorMessage":")" + message + R"(","errorType":"Error"})"};
  return protocol::AnyShape::of(std::move(response));
}
inline std::string payload_of(protocol::AnyShape& input) {
  return input.as<lambda::api::InvocationRequest>().payload.value_or(Blob{}).bytes;
}

// A queue that takes everything: the bodies, in order.
struct FakeQueue {
  std::vector<std::string> bodies;
  int refuse_next = 0;  // So many calls are denied first.
  FakeService::Answer answer() {
    return [this](const std::string& operation,
                  protocol::AnyShape& input) -> protocol::ApiResult<protocol::AnyShape> {
      if (operation == "GetQueueUrl") {
        return protocol::AnyShape::of(sqs::api::GetQueueUrlResult{});
      }
      if (operation == "SendMessageBatch") {
        auto& request = input.as<sqs::api::SendMessageBatchRequest>();
        if (request.entries.empty()) {
          return protocol::refuse("AWS.SimpleQueueService.EmptyBatchRequest", "empty");
        }
        sqs::api::SendMessageBatchResult result;
        for (auto& entry : request.entries) bodies.push_back(std::move(entry.message_body));
        return protocol::AnyShape::of(std::move(result));
      }
      if (refuse_next > 0) {
        --refuse_next;
        return protocol::refuse("AccessDeniedException", "no", 403);
      }
      bodies.push_back(std::move(input.as<sqs::api::SendMessageRequest>().message_body));
      return protocol::AnyShape::of(sqs::api::SendMessageResult{});
    };
  }
};

}  // namespace penstock::pipes
