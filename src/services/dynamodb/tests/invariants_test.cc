// Many clients on the same few keys: what conditions, transactions and counters promise together
// holds afterwards, and after opening the store again. Expectations: documented (transactions are
// serializable, a condition and its write are one step, ADD is atomic).
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "services/dynamodb/operations.h"
#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

#if __has_feature(thread_sanitizer)
constexpr int kContenders = 8, kRounds = 25;
#else
constexpr int kContenders = 64, kRounds = 60;
#endif
constexpr int kAccounts = 5, kClaimable = 12;
constexpr long kBalance = 1'000;

std::string quoted(std::string_view type, const std::string& value) {
  return R"({")" + std::string(type) + R"(":")" + value + R"("})";
}
std::string key(const std::string& h) { return R"({"h":)" + quoted("S", h) + "}"; }

class Contended {
 public:
  Contended() {
    harness.create();
    for (int i = 0; i < kAccounts; ++i) {
      harness.put(R"({"h":{"S":"account)" + std::to_string(i) + R"("},"balance":{"N":")" +
                  std::to_string(kBalance) + R"("}})");
    }
    harness.put(R"({"h":{"S":"node"},"next":{"S":"node"}})");
    harness.put(R"({"h":{"S":"version"},"n":{"N":"0"}})");
  }

  // Runs `clients` threads of `rounds` random steps each.
  void run(int clients, int rounds) {
    std::vector<std::jthread> threads;
    for (int c = 0; c < clients; ++c) {
      threads.emplace_back([this, c, rounds] {
        std::mt19937 random(static_cast<unsigned>(c));
        for (int i = 0; i < rounds; ++i) step(c, i, random);
      });
    }
  }

  void check() {
    const auto items = everything();
    long sum = 0, names = 0;
    std::map<std::string, std::string> ring;
    for (const AttributeMap& item : items) {
      const std::string& h = item.find("h")->scalar();
      if (h.starts_with("account")) {
        const long balance = std::stol(item.find("balance")->scalar());
        EXPECT_GE(balance, 0) << h;
        sum += balance;
      } else if (h.starts_with("name")) {
        ++names;
        const std::lock_guard lock(mutex_);
        EXPECT_EQ(owners_[h], std::vector{item.find("owner")->scalar()}) << h;
      } else if (h.starts_with("node")) {
        ring[h] = item.find("next")->scalar();
      } else if (h == "counter") {
        EXPECT_EQ(item.find("n")->scalar(), std::to_string(counted_)) << h;
      } else if (h == "version") {
        EXPECT_EQ(item.find("n")->scalar(), std::to_string(versions_)) << h;
      }
    }
    EXPECT_EQ(sum, kAccounts * kBalance);
    EXPECT_EQ(names, static_cast<long>(owners_.size()));
    std::size_t steps = 0;
    for (std::string at = "node"; ring.contains(at) && steps <= ring.size(); ++steps) {
      at = ring[at];
      if (at == "node") break;
    }
    EXPECT_EQ(steps + 1, ring.size()) << "the ring is broken";
  }

  Harness harness{storage::Durability::kAlways};

 private:
  void step(int client, int round, std::mt19937& random) {
    switch (random() % 6) {
      case 0: return transfer(random);
      case 1: return count();
      case 2: return claim(client, random);
      case 3: return raise_version();
      case 4: return grow("node-" + std::to_string(client) + "-" + std::to_string(round), random);
      default: return shrink(random);
    }
  }

  std::string transact(const std::string& items) {
    const std::string reply =
        harness.call("TransactWriteItems", R"({"TransactItems":[)" + items + "]}");
    EXPECT_TRUE(reply == "{}" || reply.starts_with("TransactionCanceledException")) << reply;
    return reply;
  }
  std::string get(const std::string& h, const std::string& attribute) {
    const std::string reply = harness.call(
        "GetItem", R"({"TableName":"tbl","ConsistentRead":true,"Key":)" + key(h) + "}");
    const std::string mark = "\"" + attribute + R"(":{")";
    const std::size_t at = reply.find(mark);
    if (at == std::string::npos) return "";
    const std::size_t begin = reply.find(":\"", at + mark.size()) + 2;
    return reply.substr(begin, reply.find('"', begin) - begin);
  }

  void transfer(std::mt19937& random) {
    const auto account = [&] { return "account" + std::to_string(random() % kAccounts); };
    const std::string from = account(), to = account();
    if (from == to) return;
    const std::string x = quoted("N", std::to_string(random() % 400));
    transact(
        R"({"Update":{"TableName":"tbl","Key":)" + key(from) +
        R"(,"UpdateExpression":"SET balance = balance - :x","ConditionExpression":"balance >= :x","ExpressionAttributeValues":{":x":)" +
        x + R"(}}},{"Update":{"TableName":"tbl","Key":)" + key(to) +
        R"(,"UpdateExpression":"ADD balance :x","ExpressionAttributeValues":{":x":)" + x + "}}}");
  }

  void count() {
    const std::string reply = harness.call(
        "UpdateItem",
        R"({"TableName":"tbl","Key":)" + key("counter") +
            R"(,"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}}})");
    EXPECT_EQ(reply, "{}");
    ++counted_;
  }

  void claim(int client, std::mt19937& random) {
    const std::string name = "name" + std::to_string(random() % kClaimable);
    const std::string owner = std::to_string(client);
    const std::string reply = harness.call(
        "PutItem",
        R"~({"TableName":"tbl","ConditionExpression":"attribute_not_exists(h)","Item":{"h":)~" +
            quoted("S", name) + R"(,"owner":)" + quoted("S", owner) + "}}");
    if (reply != "{}") {
      EXPECT_TRUE(reply.starts_with("ConditionalCheckFailedException")) << reply;
      return;
    }
    const std::lock_guard lock(mutex_);
    owners_[name].push_back(owner);
  }

  void raise_version() {
    const std::string now = get("version", "n");
    const std::string reply = harness.call(
        "UpdateItem",
        R"({"TableName":"tbl","Key":)" + key("version") +
            R"(,"UpdateExpression":"SET n = n + :one","ConditionExpression":"n = :now","ExpressionAttributeValues":{":one":{"N":"1"},":now":)" +
            quoted("N", now) + "}}");
    if (reply == "{}") ++versions_;
  }

  // A node some steps along the ring, and the next one.
  std::pair<std::string, std::string> somewhere(std::mt19937& random) {
    std::string at = "node", next = get("node", "next");
    for (unsigned steps = random() % 4; steps > 0 && !next.empty(); --steps) {
      at = next;
      next = get(at, "next");
    }
    return {at, next};
  }
  std::string relink(const std::string& at, const std::string& from, const std::string& to) {
    return R"({"Update":{"TableName":"tbl","Key":)" + key(at) +
           R"(,"UpdateExpression":"SET #n = :to","ConditionExpression":"#n = :from","ExpressionAttributeNames":{"#n":"next"},"ExpressionAttributeValues":{":from":)" +
           quoted("S", from) + R"(,":to":)" + quoted("S", to) + "}}}";
  }
  void grow(const std::string& node, std::mt19937& random) {
    const auto [at, next] = somewhere(random);
    if (next.empty()) return;  // Removed meanwhile.
    transact(relink(at, next, node) + R"(,{"Put":{"TableName":"tbl","Item":{"h":)" +
             quoted("S", node) + R"(,"next":)" + quoted("S", next) + "}}}");
  }
  void shrink(std::mt19937& random) {
    const auto [at, gone] = somewhere(random);
    if (gone.empty() || gone == "node" || gone == at) return;
    const std::string after = get(gone, "next");
    if (after.empty()) return;
    transact(
        relink(at, gone, after) + R"(,{"Delete":{"TableName":"tbl","Key":)" + key(gone) +
        R"(,"ConditionExpression":"#n = :n","ExpressionAttributeNames":{"#n":"next"},"ExpressionAttributeValues":{":n":)" +
        quoted("S", after) + "}}}");
  }

  std::vector<AttributeMap> everything() {
    api::ScanInput input;
    input.table_name = "tbl";
    auto reply = block_on(harness.runtime.next_loop(),
                          scan(*harness.service, harness.context, std::move(input)));
    EXPECT_TRUE(reply.has_value());
    return std::move(*reply->items);
  }

  std::atomic<long> counted_ = 0, versions_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> owners_;  // By name; guarded by mutex_.
};

TEST(Invariants, HoldUnderContention) {
  Contended contended;
  contended.run(kContenders, kRounds);
  contended.check();
  contended.harness.reopen();
  contended.check();
}

}  // namespace
}  // namespace penstock::dynamodb
