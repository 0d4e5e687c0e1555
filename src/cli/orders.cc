// The generator: a planner that hands out operations in order and workers that send them.
#include "cli/orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/random.h"
#include "gen/dynamodb/client.h"

namespace penstock::cli {
namespace {

struct Product {
  std::string_view name;
  std::uint64_t cents;
};
constexpr Product kProducts[] = {
    {"Laptop", 74999}, {"Phone", 49950},   {"Tablet", 32900},  {"Headphones", 7999},
    {"Charger", 1995}, {"Monitor", 21900}, {"Keyboard", 4550}, {"Mouse", 2490},
};

struct Operation {
  enum class Kind { kPut, kUpdate, kDelete } kind = Kind::kPut;
  std::uint64_t order = 0;
  const Product* product = nullptr;
  std::uint64_t quantity = 1;
};

// Hands out one operation after the other. Orders count up; updates and deletes pick one that was
// put, so that at a given seed the same changes happen, whatever the concurrency.
class Planner {
 public:
  explicit Planner(const OrderPlan& plan) : plan_(plan), random_(make_seeded_random(plan.seed)) {}

  // nullptr at the end; the same until pop().
  const Operation* peek() {
    if (!next_ && given_ < plan_.count) next_ = make();
    return next_ ? &*next_ : nullptr;
  }
  void pop() { next_.reset(); }

 private:
  Operation make() {
    ++given_;
    Operation operation;
    const double dice = static_cast<double>(random_->below(1'000'000)) / 1e6;
    operation.product = &kProducts[random_->below(std::size(kProducts))];
    operation.quantity = 1 + random_->below(5);
    if (puts_ > 0 && dice < plan_.deletes + plan_.updates) {
      operation.kind = dice < plan_.deletes ? Operation::Kind::kDelete : Operation::Kind::kUpdate;
      operation.order = 1 + random_->below(puts_);
    } else {
      operation.order = ++puts_;
    }
    return operation;
  }

  const OrderPlan& plan_;
  std::unique_ptr<Random> random_;
  std::optional<Operation> next_;
  std::uint64_t given_ = 0, puts_ = 0;
};

constexpr int kBatchAttemptsMax = 8;

struct Shared {
  Session& session;
  const OrderPlan& plan;
  Planner planner;  // Guarded by mutex, as `begun` and `error` are.
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::uint64_t begun = 0;
  std::atomic<std::uint64_t> puts{0}, updates{0}, deletes{0}, failed{0}, workers{0};
  std::mutex mutex;
  std::optional<protocol::ApiError> error;
  SystemClock clock;
};

std::string price_of(const Operation& operation) {
  return fmt::format("{}.{:02}", operation.product->cents / 100, operation.product->cents % 100);
}

AttributeValue number_value(std::string_view digits) {
  return AttributeValue::n(std::string(digits));
}

AttributeMap key_of(const Operation& operation) {
  AttributeMap key;
  key.set("orderid", AttributeValue::s(std::to_string(operation.order)));
  return key;
}

AttributeMap item_of(const Operation& operation, const std::string& now_ms) {
  AttributeMap item = key_of(operation);
  item.set("product_name", AttributeValue::s(std::string(operation.product->name)));
  item.set("quantity", number_value(std::to_string(operation.quantity)));
  item.set("price", number_value(price_of(operation)));
  item.set("ordered_at_ms", number_value(now_ms));
  return item;
}

void count(Shared& shared, const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::kPut: ++shared.puts; break;
    case Operation::Kind::kUpdate: ++shared.updates; break;
    case Operation::Kind::kDelete: ++shared.deletes; break;
  }
}

Task<protocol::ApiResult<void>> send(Shared& shared, Operation operation) {
  const dynamodb::Client client = shared.session.client<dynamodb::Client>();
  const protocol::Context context = shared.session.context();
  const std::string now_ms = std::to_string(shared.clock.now().millis());
  if (operation.kind == Operation::Kind::kDelete) {
    dynamodb::api::DeleteItemInput input;
    input.table_name = shared.plan.table;
    input.key = key_of(operation);
    CO_TRY_VOID(co_await client.delete_item(context, std::move(input)));
  } else if (operation.kind == Operation::Kind::kUpdate) {
    dynamodb::api::UpdateItemInput input;
    input.table_name = shared.plan.table;
    input.key = key_of(operation);
    input.update_expression =
        "SET product_name = :n, quantity = :q, price = :p, ordered_at_ms = :t";
    AttributeMap values;
    values.set(":n", AttributeValue::s(std::string(operation.product->name)));
    values.set(":q", number_value(std::to_string(operation.quantity)));
    values.set(":p", number_value(price_of(operation)));
    values.set(":t", number_value(now_ms));
    input.expression_attribute_values = std::move(values);
    CO_TRY_VOID(co_await client.update_item(context, std::move(input)));
  } else {
    dynamodb::api::PutItemInput input;
    input.table_name = shared.plan.table;
    input.item = item_of(operation, now_ms);
    CO_TRY_VOID(co_await client.put_item(context, std::move(input)));
  }
  count(shared, operation);
  co_return protocol::ApiResult<void>();
}

// Several orders by BatchWriteItem. An update sets every attribute, so that a put is the same.
Task<protocol::ApiResult<void>> send_batch(Shared& shared, std::vector<Operation> operations) {
  const dynamodb::Client client = shared.session.client<dynamodb::Client>();
  const protocol::Context context = shared.session.context();
  const std::string now_ms = std::to_string(shared.clock.now().millis());
  dynamodb::api::BatchWriteItemInput input;
  auto& requests = input.request_items[shared.plan.table];
  for (const Operation& operation : operations) {
    dynamodb::api::WriteRequest& request = requests.emplace_back();
    if (operation.kind == Operation::Kind::kDelete) {
      request.delete_request.emplace().key = key_of(operation);
    } else {
      request.put_request.emplace().item = item_of(operation, now_ms);
    }
  }
  for (int attempt = 0; attempt < kBatchAttemptsMax; ++attempt) {
    CO_TRY(auto reply, co_await client.batch_write_item(context, input));
    if (!reply.unprocessed_items || reply.unprocessed_items->empty()) {
      for (const Operation& operation : operations) count(shared, operation);
      co_return protocol::ApiResult<void>();
    }
    input.request_items = std::move(*reply.unprocessed_items);
    co_await sleep_for(std::chrono::milliseconds(50 << attempt));
  }
  co_return protocol::refuse("ProvisionedThroughputExceededException",
                             "The table went on leaving items of a batch unprocessed.");
}

// When operation `index` is due: at once without a rate.
std::chrono::microseconds until_due(const Shared& shared, std::uint64_t index) {
  if (shared.plan.rate <= 0) return std::chrono::microseconds(0);
  const auto due = shared.started + std::chrono::microseconds(static_cast<std::int64_t>(
                                        static_cast<double>(index) * 1e6 / shared.plan.rate));
  return std::chrono::duration_cast<std::chrono::microseconds>(due -
                                                               std::chrono::steady_clock::now());
}

// The next operation and what is due together with it: each order once, as a batch takes them.
Task<std::vector<Operation>> take(Shared& shared) {
  std::vector<Operation> taken;
  std::chrono::microseconds wait{0};
  {
    const std::scoped_lock lock(shared.mutex);
    if (shared.error) co_return taken;
    while (taken.size() < shared.plan.batch) {
      if (!taken.empty() && until_due(shared, shared.begun).count() > 0) break;
      const Operation* next = shared.planner.peek();
      if (next == nullptr) break;
      const bool there = std::ranges::any_of(
          taken, [&](const Operation& each) { return each.order == next->order; });
      if (there) break;
      taken.push_back(*next);
      shared.planner.pop();
      wait = std::max(wait, until_due(shared, shared.begun++));
    }
  }
  if (wait.count() > 0) co_await sleep_for(wait);
  co_return taken;
}

// One of plan.concurrency: takes operations until there are none, at the pace of the rate.
Task<void> work(Shared& shared) {
  while (true) {
    std::vector<Operation> operations = co_await take(shared);
    if (operations.empty()) break;
    const std::size_t size = operations.size();
    protocol::ApiResult<void> outcome;
    if (size == 1) {
      outcome = co_await send(shared, operations[0]);
    } else {
      outcome = co_await send_batch(shared, std::move(operations));
    }
    if (outcome) continue;
    shared.failed += size;
    const std::scoped_lock lock(shared.mutex);
    if (!shared.error) shared.error = std::move(outcome.error());
  }
  --shared.workers;
}

OrderCounts counts_of(const Shared& shared) {
  return {shared.puts, shared.updates, shared.deletes, shared.failed};
}

}  // namespace

protocol::ApiResult<OrderCounts> write_orders(Session& session, const OrderPlan& plan,
                                              std::function<void(const OrderCounts&)> progress) {
  Shared shared{session, plan, Planner(plan)};
  Gate gate;
  shared.workers = plan.concurrency;
  for (std::uint32_t i = 0; i < plan.concurrency; ++i) {
    gate.spawn(session.runtime().next_loop(), work(shared));
  }
  while (shared.workers > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (progress) progress(counts_of(shared));
  }
  gate.close();
  if (shared.error) return std::unexpected(*shared.error);
  return counts_of(shared);
}

}  // namespace penstock::cli
