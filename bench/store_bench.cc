// Durable commits per second for a growing number of waiters, beside what the machine's own
// fdatasync yields in the same run: only the ratio means something on another machine.
//
//   store_bench <directory> [seconds per measurement] [value bytes]
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "async/executor.h"
#include "async/gate.h"
#include "base/check.h"
#include "storage/key.h"
#include "storage/store.h"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;
using storage::Batch;
using storage::Durability;
using storage::Family;
using storage::Store;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Appends and syncs one file, as a log with one record per sync would.
double fdatasyncs_per_second(const std::string& directory, double seconds, std::size_t bytes) {
  const std::string path = directory + "/fdatasync.bench";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0640);
  CHECK(file >= 0);
  const std::string record(bytes, 'x');
  const Clock::time_point start = Clock::now();
  std::uint64_t syncs = 0;
  while (seconds_since(start) < seconds) {
    CHECK(::write(file, record.data(), record.size()) == static_cast<ssize_t>(record.size()));
    CHECK(::fdatasync(file) == 0);
    ++syncs;
  }
  const double rate = static_cast<double>(syncs) / seconds_since(start);
  ::close(file);
  std::filesystem::remove(path);
  return rate;
}

struct Load {
  Store& store;
  const std::string value;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint32_t> waiters{0};
};

// An item and its change record in one batch, like a write to a table with a stream.
Task<void> wait_for_commits(Load& load, std::vector<double>& latencies) {
  const std::uint32_t waiter = load.waiters.fetch_add(1);
  for (std::uint64_t number = 0; !load.stop.load(std::memory_order_relaxed); ++number) {
    const Clock::time_point start = Clock::now();
    Batch batch;
    batch.put(Family::kItems, storage::KeyWriter(1).u32(waiter).u64(number).take(), load.value);
    batch.put(Family::kChanges, storage::KeyWriter(1).u32(waiter).u64(number).take(), load.value);
    CHECK(co_await load.store.commit(std::move(batch)));
    latencies.push_back(seconds_since(start) * 1e6);
    load.commits.fetch_add(1, std::memory_order_relaxed);
  }
}

std::string measure(Runtime& runtime, Store& store, std::size_t waiters, double seconds,
                    std::size_t bytes) {
  Load load{.store = store, .value = std::string(bytes, 'v')};
  std::vector<std::vector<double>> latencies(waiters);
  const storage::StoreStats before = store.stats();
  const Clock::time_point start = Clock::now();
  Gate gate;
  for (std::vector<double>& own : latencies)
    gate.spawn(runtime.next_loop(), wait_for_commits(load, own));
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  load.stop = true;
  gate.close();
  const double elapsed = seconds_since(start);
  const storage::StoreStats after = store.stats();
  std::vector<double> all;
  for (const std::vector<double>& own : latencies) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  const auto at = [&all](double share) {
    return all[std::min(all.size() - 1,
                        static_cast<std::size_t>(static_cast<double>(all.size()) * share))];
  };
  const auto syncs = static_cast<double>(after.syncs - before.syncs);
  const auto commits = static_cast<double>(load.commits.load());
  return fmt::format(
      R"({{"waiters":{},"commits_per_second":{:.0f},"syncs_per_second":{:.0f},"commits_per_sync":{:.1f},)"
      R"("p50_us":{:.0f},"p99_us":{:.0f},"max_us":{:.0f}}})",
      waiters, commits / elapsed, syncs / elapsed, syncs > 0 ? commits / syncs : 0.0, at(0.5),
      at(0.99), all.back());
}

int run(const std::string& directory, double seconds, std::size_t bytes) {
  std::filesystem::create_directories(directory);
  const double fdatasyncs = fdatasyncs_per_second(directory, seconds, 2 * bytes);
  Runtime runtime;
  const auto store = Store::open({.directory = directory + "/store"});
  if (!store) {
    fmt::print(stderr, "store_bench: {}\n", store.error().message);
    return 1;
  }
  std::string rows;
  for (const std::size_t waiters : {1, 8, 64, 256, 1024}) {
    rows += rows.empty() ? "\n  " : ",\n  ";
    rows += measure(runtime, **store, waiters, seconds, bytes);
  }
  const double fdatasyncs_after = fdatasyncs_per_second(directory, seconds, 2 * bytes);
  fmt::print(R"({{"value_bytes":{},"fdatasyncs_per_second":[{:.0f},{:.0f}],"commits":[{}]}})"
             "\n",
             bytes, fdatasyncs, fdatasyncs_after, rows);
  return 0;
}

}  // namespace
}  // namespace penstock

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: store_bench <directory> [seconds] [value bytes]\n");
    return 2;
  }
  const double seconds = argc > 2 ? std::strtod(argv[2], nullptr) : 2;
  const std::size_t bytes = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 400;
  return penstock::run(argv[1], seconds, bytes);
}
