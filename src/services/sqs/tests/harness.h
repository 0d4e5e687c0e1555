// An SQS service over a real store in a directory of its own, with a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/gate.h"
#include "services/sqs/operations.h"
#include "services/sqs/sqs.h"

namespace penstock::sqs {

class Harness {
 public:
  Harness() {
    std::string path = (std::filesystem::temp_directory_path() / "sqs-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    open();
  }
  // Over what another harness, perhaps of another process, left behind.
  explicit Harness(std::string existing) : directory(std::move(existing)) { open(); }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened = storage::Store::open({.directory = directory});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    service = std::make_unique<Service>(Dependencies{*store, runtime, clock, *random});
    const Status started = service->start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  void close() {
    if (service) service->stop();
    service.reset();
    store.reset();
  }
  void reopen() {
    close();
    open();
  }

  template <typename T>
  protocol::ApiResult<T> run(protocol::Reply<T> reply) {
    return block_on(runtime.loop(0), std::move(reply));
  }

  static std::string url(const std::string& queue) { return "http://x/000000000000/" + queue; }
  static std::string arn(const std::string& queue) {
    return "arn:aws:sqs:us-east-1:000000000000:" + queue;
  }

  void create(std::string name, std::map<std::string, std::string> attributes = {}) {
    api::CreateQueueRequest input;
    if (name.ends_with(".fifo")) attributes.emplace("FifoQueue", "true");
    input.queue_name = std::move(name);
    input.attributes = std::move(attributes);
    const auto reply = run(create_queue(*service, context, std::move(input)));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
  }

  void set(const std::string& queue, std::map<std::string, std::string> attributes) {
    const auto reply =
        run(set_queue_attributes(*service, context, {url(queue), std::move(attributes)}));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
  }

  // The attribute, or the code of the refusal.
  std::string attribute(const std::string& queue, const std::string& name) {
    const auto reply =
        run(get_queue_attributes(*service, context, {url(queue), std::vector{name}}));
    if (!reply) return reply.error().code;
    return reply->attributes ? reply->attributes->begin()->second : "";
  }

  // visible/in flight/delayed
  std::string counts(const std::string& queue) {
    return attribute(queue, "ApproximateNumberOfMessages") + "/" +
           attribute(queue, "ApproximateNumberOfMessagesNotVisible") + "/" +
           attribute(queue, "ApproximateNumberOfMessagesDelayed");
  }

  protocol::ApiResult<api::SendMessageResult> send(const std::string& queue, std::string body,
                                                   int delay_seconds = 0) {
    api::SendMessageRequest input;
    input.queue_url = url(queue);
    input.message_body = std::move(body);
    if (delay_seconds > 0) input.delay_seconds = delay_seconds;
    return run(send_message(*service, context, std::move(input)));
  }

  protocol::ApiResult<api::SendMessageResult> send_fifo(const std::string& queue,
                                                        const std::string& group, std::string body,
                                                        std::optional<std::string> id = {}) {
    api::SendMessageRequest input;
    input.queue_url = url(queue);
    input.message_deduplication_id = id ? *id : group + body;
    input.message_body = std::move(body);
    input.message_group_id = group;
    return run(send_message(*service, context, std::move(input)));
  }

  std::vector<api::Message> receive(const std::string& queue, int max = 1,
                                    std::optional<int> visibility_seconds = {},
                                    std::optional<std::string> attempt = {}) {
    api::ReceiveMessageRequest input;
    input.queue_url = url(queue);
    input.max_number_of_messages = max;
    input.visibility_timeout = visibility_seconds;
    input.message_system_attribute_names = {"All"};
    input.receive_request_attempt_id = std::move(attempt);
    auto reply = run(receive_message(*service, context, std::move(input)));
    if (!reply) {
      ADD_FAILURE() << reply.error().message;
      return {};
    }
    return reply->messages.value_or(std::vector<api::Message>());
  }

  // The bodies of what receive() gives, joined with blanks.
  std::string bodies(const std::string& queue, int max = 10,
                     std::optional<int> visibility_seconds = {}) {
    std::string all;
    for (const api::Message& message : receive(queue, max, visibility_seconds)) {
      all += (all.empty() ? "" : " ") + *message.body;
    }
    return all;
  }

  // "" or the code of the refusal.
  std::string remove(const std::string& queue, const api::Message& message) {
    const auto reply =
        run(delete_message(*service, context, {url(queue), *message.receipt_handle}));
    return reply ? "" : reply.error().code;
  }

  std::string hide(const std::string& queue, const api::Message& message, int seconds) {
    const auto reply = run(change_message_visibility(
        *service, context, {url(queue), *message.receipt_handle, seconds}));
    return reply ? "" : reply.error().code;
  }

  void pass(std::chrono::seconds seconds) { clock.advance(seconds); }

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(1);
  protocol::Context context;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Service> service;
};

}  // namespace penstock::sqs
