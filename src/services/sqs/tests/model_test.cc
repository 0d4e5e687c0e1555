// A queue against the simplest model of one, under random commands, passing time and restarts. The
// model is written from the documentation: it knows nothing of the backlog's indexes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "services/sqs/tests/harness.h"

namespace penstock::sqs {
namespace {

struct ModelMessage {
  int number = 0;
  int group = 0;  // Of a FIFO queue.
  std::int64_t hidden_until = 0;
  int receives = 0;
  std::string handle;  // The newest.
};

struct Model {
  bool fifo = false;
  std::int64_t now = 0;
  std::vector<ModelMessage> messages;  // In the order of sending.

  bool visible(const ModelMessage& m) const { return m.hidden_until <= now; }
  bool in_flight(const ModelMessage& m) const { return !visible(m) && m.receives > 0; }

  // What a receive must give.
  std::vector<int> next(std::size_t max) const {
    std::vector<int> chosen;
    std::set<int> locked;
    if (fifo) {
      for (const ModelMessage& m : messages) {
        if (in_flight(m)) locked.insert(m.group);
      }
    }
    while (chosen.size() < max) {
      const auto first = std::ranges::find_if(messages, [&](const ModelMessage& m) {
        return visible(m) && !locked.contains(m.group) &&
               std::ranges::find(chosen, m.number) == chosen.end();
      });
      if (first == messages.end()) break;
      if (!fifo) {
        chosen.push_back(first->number);
        continue;
      }
      locked.insert(first->group);
      for (const ModelMessage& m : messages) {
        if (m.group == first->group && chosen.size() < max) chosen.push_back(m.number);
      }
    }
    return chosen;
  }

  std::string counts() const {
    int ready = 0, flying = 0;
    for (const ModelMessage& m : messages) {
      ready += visible(m) ? 1 : 0;
      flying += in_flight(m) ? 1 : 0;
    }
    return std::to_string(ready) + "/" + std::to_string(flying) + "/" +
           std::to_string(static_cast<int>(messages.size()) - ready - flying);
  }
};

class Run {
 public:
  explicit Run(bool fifo) : queue_(fifo ? "q.fifo" : "q") {
    model_.fifo = fifo;
    harness_.create(queue_);
  }

  void step() {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1: send(); break;
      case 2:
      case 3: receive(); break;
      case 4: remove(); break;
      case 5: hide(); break;
      case 6: pass(); break;
      default:
        if (*rc::gen::inRange(0, 4) == 0) harness_.reopen();
    }
    RC_ASSERT(harness_.counts(queue_) == model_.counts());
  }

 private:
  void send() {
    ModelMessage message;
    message.number = ++sent_;
    message.group = *rc::gen::inRange(0, 3);
    const std::string body = std::to_string(message.number);
    if (model_.fifo) {
      RC_ASSERT(harness_.send_fifo(queue_, "g" + std::to_string(message.group), body).has_value());
    } else {
      const int delay = *rc::gen::inRange(0, 2) * 7;
      message.hidden_until = delay > 0 ? model_.now + delay : 0;
      RC_ASSERT(harness_.send(queue_, body, delay).has_value());
    }
    model_.messages.push_back(message);
  }

  void receive() {
    const int max = *rc::gen::inRange(1, 5);
    const int timeout = *rc::gen::inRange(0, 12);
    const std::vector<int> wanted = model_.next(static_cast<std::size_t>(max));
    const auto got = harness_.receive(queue_, max, timeout);
    RC_ASSERT(got.size() == wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      RC_ASSERT(*got[i].body == std::to_string(wanted[i]));
      ModelMessage& message = find(wanted[i]);
      message.receives++;
      message.hidden_until = model_.now + timeout;
      message.handle = *got[i].receipt_handle;
      RC_ASSERT(got[i].attributes->at("ApproximateReceiveCount") ==
                std::to_string(message.receives));
    }
  }

  // One of those that were received at some time; nothing when there is none.
  ModelMessage* any_received() {
    std::vector<ModelMessage*> received;
    for (ModelMessage& m : model_.messages) {
      if (!m.handle.empty()) received.push_back(&m);
    }
    if (received.empty()) return nullptr;
    return received[*rc::gen::inRange<std::size_t>(0, received.size())];
  }

  void remove() {
    ModelMessage* const message = any_received();
    if (message == nullptr) return;
    api::Message shown;
    shown.receipt_handle = message->handle;
    const bool refused = model_.fifo && model_.visible(*message);
    RC_ASSERT(harness_.remove(queue_, shown).empty() == !refused);
    if (refused) return;
    const int number = message->number;
    std::erase_if(model_.messages, [&](const ModelMessage& m) { return m.number == number; });
  }

  void hide() {
    ModelMessage* const message = any_received();
    if (message == nullptr) return;
    const int timeout = *rc::gen::inRange(0, 12);
    api::Message shown;
    shown.receipt_handle = message->handle;
    const bool refused = model_.fifo && model_.visible(*message);
    RC_ASSERT(harness_.hide(queue_, shown, timeout).empty() == !refused);
    if (!refused) message->hidden_until = model_.now + timeout;
  }

  void pass() {
    const int seconds = *rc::gen::inRange(1, 9);
    harness_.pass(std::chrono::seconds(seconds));
    model_.now += seconds;
  }

  ModelMessage& find(int number) {
    return *std::ranges::find(model_.messages, number, &ModelMessage::number);
  }

  Harness harness_;
  const std::string queue_;
  Model model_;
  int sent_ = 0;
};

void run_commands(bool fifo) {
  Run run(fifo);
  const int steps = *rc::gen::inRange(5, 35);
  for (int i = 0; i < steps; ++i) run.step();
}

RC_GTEST_PROP(SqsModel, AStandardQueue, ()) { run_commands(false); }
RC_GTEST_PROP(SqsModel, AFifoQueue, ()) { run_commands(true); }

}  // namespace
}  // namespace penstock::sqs
