// The generator: a planner that hands out operations in order and workers that send them.
#include "cli/orders.h"

#include <fmt/format.h>

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
  Planner(const OrderPlan& plan) : plan_(plan), random_(make_seeded_random(plan.seed)) {}
  std::optional<Operation> next() {
    const std::scoped_lock lock(mutex_);
    if (given_ == plan_.count) return std::nullopt;
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

 private:
  const OrderPlan& plan_;
  std::mutex mutex_;
  std::unique_ptr<Random> random_;
  std::uint64_t given_ = 0, puts_ = 0;
};

struct Shared {
  Session& session;
  const OrderPlan& plan;
  Planner planner;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> begun{0}, puts{0}, updates{0}, deletes{0}, failed{0}, workers{0};
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

Task<protocol::ApiResult<void>> send(Shared& shared, Operation operation) {
  const dynamodb::Client client = shared.session.client<dynamodb::Client>();
  const protocol::Context context = shared.session.context();
  const std::string now_ms = std::to_string(shared.clock.now().millis());
  if (operation.kind == Operation::Kind::kDelete) {
    dynamodb::api::DeleteItemInput input;
    input.table_name = shared.plan.table;
    input.key = key_of(operation);
    CO_TRY_VOID(co_await client.delete_item(context, std::move(input)));
    ++shared.deletes;
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
    ++shared.updates;
  } else {
    dynamodb::api::PutItemInput input;
    input.table_name = shared.plan.table;
    input.item = key_of(operation);
    input.item.set("product_name", AttributeValue::s(std::string(operation.product->name)));
    input.item.set("quantity", number_value(std::to_string(operation.quantity)));
    input.item.set("price", number_value(price_of(operation)));
    input.item.set("ordered_at_ms", number_value(now_ms));
    CO_TRY_VOID(co_await client.put_item(context, std::move(input)));
    ++shared.puts;
  }
  co_return protocol::ApiResult<void>();
}

// One of plan.concurrency: takes operations until there are none, at the pace of the rate.
Task<void> work(Shared& shared) {
  while (true) {
    {
      const std::scoped_lock lock(shared.mutex);
      if (shared.error) break;
    }
    const auto operation = shared.planner.next();
    if (!operation) break;
    const std::uint64_t index = shared.begun++;
    if (shared.plan.rate > 0) {
      const auto due = shared.started + std::chrono::microseconds(static_cast<std::int64_t>(
                                            static_cast<double>(index) * 1e6 / shared.plan.rate));
      const auto wait = due - std::chrono::steady_clock::now();
      if (wait.count() > 0) {
        co_await sleep_for(std::chrono::duration_cast<std::chrono::microseconds>(wait));
      }
    }
    auto outcome = co_await send(shared, *operation);
    if (outcome) continue;
    ++shared.failed;
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
