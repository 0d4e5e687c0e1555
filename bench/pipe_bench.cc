// Kinesis and Pipes without a wire: PutRecords throughput, how fast a pipe drains a backlog from
// one stream into another, and how long one record takes over the hop.
//
//   pipe_bench [directory] [records]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "gen/kinesis/client.h"
#include "gen/pipes/client.h"
#include "protocol/caller.h"
#include "services/kinesis/kinesis.h"
#include "services/pipes/pipes.h"

namespace penstock {
namespace {

using Seconds = std::chrono::duration<double>;

struct Bench {
  explicit Bench(const std::string& directory)
      : store(*storage::Store::open({.directory = directory})),
        kinesis_service({*store, runtime, clock, *random}) {
    kinesis_caller.bind(kinesis::binding(kinesis_service));
    pipes_service = std::make_unique<pipes::Service>(
        pipes::Dependencies{*store, runtime, clock, *random, kinesis_caller,
                            kinesis_service.arrivals, kinesis_caller, kinesis_service.arrivals});
    pipes_caller.bind(pipes::binding(*pipes_service));
    CHECK(kinesis_service.start().has_value());
    CHECK(pipes_service->start().has_value());
  }
  ~Bench() {
    pipes_service->stop();
    kinesis_service.stop();
  }

  Runtime runtime;
  SystemClock clock;
  std::unique_ptr<Random> random = make_system_random();
  std::unique_ptr<storage::Store> store;
  kinesis::Service kinesis_service;
  std::unique_ptr<pipes::Service> pipes_service;
  protocol::LocalCaller kinesis_caller, pipes_caller;
};

template <typename T>
T must(Bench& bench, protocol::Reply<T> reply) {
  auto done = block_on(bench.runtime.next_loop(), std::move(reply));
  if (!done) fmt::print(stderr, "{}: {}\n", done.error().code, done.error().message);
  CHECK(done.has_value());
  return std::move(*done);
}

void create_stream(Bench& bench, std::string name, int shards) {
  kinesis::api::CreateStreamInput input;
  input.stream_name = std::move(name);
  input.shard_count = shards;
  must(bench, kinesis::Client(bench.kinesis_caller).create_stream({}, std::move(input)));
}

kinesis::api::PutRecordsInput batch_of(std::string stream, std::size_t count) {
  kinesis::api::PutRecordsInput input;
  input.stream_name = std::move(stream);
  for (std::size_t i = 0; i < count; ++i) {
    input.records.push_back({Blob{std::string(300, 'x')}, std::nullopt, fmt::format("key{}", i)});
  }
  return input;
}

double put_backlog(Bench& bench, std::size_t records, int writers) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&bench, records, writers] {
      const kinesis::api::PutRecordsInput input = batch_of("source", 500);
      for (std::size_t sent = 0; sent < records / writers; sent += 500) {
        must(bench, kinesis::Client(bench.kinesis_caller).put_records({}, input));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(records) / Seconds(std::chrono::steady_clock::now() - start).count();
}

void create_pipe(Bench& bench) {
  pipes::api::CreatePipeRequest request;
  request.name = "bench";
  request.source = "arn:aws:kinesis:us-east-1:000000000000:stream/source";
  request.target = "arn:aws:kinesis:us-east-1:000000000000:stream/target";
  request.role_arn = "arn:aws:iam::000000000000:role/bench";
  auto& source = request.source_parameters.emplace().kinesis_stream_parameters.emplace();
  source.starting_position = "TRIM_HORIZON";
  request.target_parameters.emplace().kinesis_stream_parameters.emplace().partition_key =
      "$.partitionKey";
  must(bench, pipes::Client(bench.pipes_caller).create_pipe({}, std::move(request)));
}

std::uint64_t arrived(Bench& bench) {
  std::uint64_t records = 0;
  for (const kinesis::ShardProgress& shard : kinesis::progress(bench.kinesis_service)) {
    if (shard.stream_arn.ends_with("/target")) records += shard.records;
  }
  return records;
}

double drain(Bench& bench, std::size_t records) {
  const auto start = std::chrono::steady_clock::now();
  create_pipe(bench);
  while (arrived(bench) < records) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return static_cast<double>(records) / Seconds(std::chrono::steady_clock::now() - start).count();
}

// From the answer to the PutRecord until a reader of the target is woken.
std::vector<double> hop_millis(Bench& bench, int rounds) {
  const std::string key = protocol::arrivals_key(
      "arn:aws:kinesis:us-east-1:000000000000:stream/target", "shardId-000000000000");
  std::vector<double> millis;
  for (int i = 0; i < rounds; ++i) {
    const std::uint64_t seen = bench.kinesis_service.arrivals.version(key);
    must(bench, kinesis::Client(bench.kinesis_caller).put_records({}, batch_of("source", 1)));
    const auto start = std::chrono::steady_clock::now();
    CHECK(block_on(bench.runtime.next_loop(), bench.kinesis_service.arrivals.wait_beyond(
                                                  key, seen, std::chrono::seconds(10), {})));
    millis.push_back(Seconds(std::chrono::steady_clock::now() - start).count() * 1000);
  }
  std::sort(millis.begin(), millis.end());
  return millis;
}

void run(const std::string& directory, std::size_t records) {
  Bench bench(directory);
  create_stream(bench, "source", 1);
  create_stream(bench, "target", 1);
  const double put = put_backlog(bench, records, 4);
  const double drained = drain(bench, records);
  const std::vector<double> hop = hop_millis(bench, 200);
  fmt::print(
      "{{\"put_records_per_second\": {:.0f}, \"pipe_records_per_second\": {:.0f}, "
      "\"hop_ms_p50\": {:.2f}, \"hop_ms_p99\": {:.2f}}}\n",
      put, drained, hop[hop.size() / 2], hop[hop.size() * 99 / 100]);
}

}  // namespace
}  // namespace penstock

int main(int argc, char** argv) {
  std::string directory = (std::filesystem::temp_directory_path() / "pipe-bench-XXXXXX").string();
  if (argc > 1) {
    directory = argv[1];
  } else if (mkdtemp(directory.data()) == nullptr) {
    return 1;
  }
  penstock::run(directory, argc > 2 ? std::stoul(argv[2]) : 200'000);
  if (argc <= 1) std::filesystem::remove_all(directory);
  return 0;
}
