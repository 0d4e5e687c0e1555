// Random histories: puts, splits, merges, faults, throttling, poison, restarts and other numbers of
// sub-lanes, from a seed that is printed. In the end every record was delivered or given up, none
// twice, in order per key, and the counters say so.
#include "base/random.h"

#include <gmock/gmock.h>

#include "stream/tests/harness.h"

namespace penstock::stream {
namespace {

constexpr int kSteps = 60;

class History {
 public:
  explicit History(std::uint64_t seed) : random_(make_seeded_random(seed)) {
    h_.source.add_shard("s0");
    open_ = {"s0"};
    keys_["s0"] = {0, 1, 2, 3, 4, 5, 6, 7};
  }

  void run() {
    auto reader = begin();
    for (int step = 0; step < kSteps; ++step) {
      switch (random_->below(8)) {
        case 0: split(); break;
        case 1: merge(); break;
        case 2:
          reader->stop();
          reader = begin();
          break;
        case 3: h_.source.expire_next = 1; break;
        default: put(static_cast<int>(random_->below(60)));
      }
    }
    faults_ = false;
    ASSERT_TRUE(h_.sink.wait_for(total_)) << h_.sink.taken().size() << " of " << total_;
    const auto failed = static_cast<std::uint64_t>(h_.sink.given_up().size());
    EXPECT_TRUE(h_.wait_for_counters({total_, total_ - failed, 0, failed}));
    check();
  }

 private:
  // Poison is every 17th record; the target throttles every fifth call and fails every seventh.
  std::optional<Outcome> answer(const std::vector<int>& numbers) {
    const int call = ++calls_;
    for (const int number : numbers) {
      if (number % 17 == 0) return Outcome::refused("ValidationException: poison");
    }
    if (faults_ && call % 5 == 0) return Outcome::fault("ThrottlingException: slow down");
    if (faults_ && call % 7 == 0 && numbers.size() > 1) {
      return Outcome::failed_from(numbers.size() / 2, "half of it");
    }
    return std::nullopt;
  }

  std::unique_ptr<Reader> begin() {
    LaneRules rules;
    rules.batch.records_max = 1 + random_->below(20);
    rules.batch.sub_lanes = static_cast<std::uint32_t>(1 + random_->below(5));
    rules.retry.retries_max = 2;  // Only poison is ever counted against a single record.
    rules.retry.bisect = true;
    return h_.reader(rules, [this](const std::vector<int>& numbers) { return answer(numbers); });
  }

  void put(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string& shard = open_[random_->below(open_.size())];
      const auto& keys = keys_[shard];
      if (keys.empty()) continue;
      const int key = keys[random_->below(keys.size())];
      h_.source.put(shard, "k" + std::to_string(key), h_.clock.now());
      ++total_;
    }
  }

  std::string child(std::vector<std::string> parents, std::vector<int> keys) {
    const std::string id = "s" + std::to_string(++shards_);
    h_.source.add_shard(id, std::move(parents));
    keys_[id] = std::move(keys);
    open_.push_back(id);
    return id;
  }

  void close(std::size_t index) {
    h_.source.close_shard(open_[index]);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void split() {
    const std::size_t index = random_->below(open_.size());
    const std::string parent = open_[index];
    std::vector<int> low, high;
    for (const int key : keys_[parent]) (key % 2 == shards_ % 2 ? low : high).push_back(key);
    child({parent}, std::move(low));
    child({parent}, std::move(high));
    close(index);
  }

  void merge() {
    if (open_.size() < 2) return;
    const std::string one = open_[0], other = open_[1];
    std::vector<int> keys = keys_[one];
    keys.insert(keys.end(), keys_[other].begin(), keys_[other].end());
    child({one, other}, std::move(keys));
    close(1);
    close(0);
  }

  void check() {
    std::map<std::string, int> last;
    std::set<int> seen;
    for (const auto& taken : h_.sink.taken()) {
      EXPECT_TRUE(seen.insert(taken.number).second) << taken.number << " twice";
      EXPECT_LT(last[taken.key], taken.number) << "out of order";
      last[taken.key] = taken.number;
    }
    for (const int number : h_.sink.given_up()) {
      EXPECT_EQ(number % 17, 0);
      EXPECT_FALSE(seen.contains(number)) << number << " both delivered and given up";
    }
  }

  Harness h_;
  const std::unique_ptr<Random> random_;
  std::vector<std::string> open_;
  std::map<std::string, std::vector<int>> keys_;
  int shards_ = 0;
  std::uint64_t total_ = 0;
  std::atomic<bool> faults_{true};
  std::atomic<int> calls_{0};
};

TEST(RandomHistory, LosesAndRepeatsNothing) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    History(seed).run();
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace penstock::stream
