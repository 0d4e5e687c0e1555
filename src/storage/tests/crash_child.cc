// What the killed process does until it is killed.
#include "storage/tests/crash_child.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "storage/blobs.h"
#include "storage/key.h"
#include "storage/store.h"

namespace penstock::storage::testing {
namespace {

// One write() of a short line to a pipe is atomic.
void report(int descriptor, const std::string& line) {
  if (::write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

int first_free_number(const Store& store, int writer) {
  int number = 0;
  while (store.get(Family::kItems, crash_key(writer, number)).value()) ++number;
  return number;
}

[[noreturn]] void write_until_killed(Store& store, int descriptor, int writer) {
  for (int number = first_free_number(store, writer);; ++number) {
    Batch batch;
    batch.put(Family::kItems, crash_key(writer, number), crash_value(writer, number));
    batch.put(Family::kChanges, crash_key(writer, number), crash_value(writer, number));
    if (!store.commit_blocking(std::move(batch))) _exit(4);
    report(descriptor, fmt::format("{} {}\n", writer, number));
  }
}

[[noreturn]] void run_store(const std::string& directory, int descriptor) {
  StoreOptions options;
  options.directory = directory;
  // Small, so that the kill also meets flushes and compactions.
  options.write_buffer_bytes = 256 << 10;
  auto store = Store::open(options);
  if (!store) _exit(2);
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kCrashWriters; ++writer) {
    writers.emplace_back([&, writer] { write_until_killed(**store, descriptor, writer); });
  }
  for (std::thread& writer : writers) writer.join();
  std::abort();
}

[[noreturn]] void run_blob(const std::string& directory, int descriptor) {
  auto files = BlobFiles::open(directory, Durability::kAlways);
  if (!files) _exit(2);
  while (true) {
    auto writer = (*files)->create();
    if (!writer || !(*writer)->append(std::string(300'000, 'x'))) _exit(4);
    const auto id = (*writer)->finish();
    if (!id) _exit(4);
    report(descriptor, id->value + "\n");
  }
}

}  // namespace

std::string crash_key(int writer, int number) {
  return KeyWriter(1)
      .u32(static_cast<std::uint32_t>(writer))
      .u32(static_cast<std::uint32_t>(number))
      .take();
}

std::string crash_value(int writer, int number) {
  return fmt::format("{}-{}-{}", writer, number,
                     std::string(static_cast<std::size_t>(number % 700), 'v'));
}

int crash_child(int argc, char** argv) {
  if (argc != 3) return 1;
  const std::string_view number = argv[1];
  int descriptor = -1;
  std::from_chars(number.data(), number.data() + number.size(), descriptor);
  if (std::string_view(argv[2]) == "store") run_store(argv[0], descriptor);
  run_blob(argv[0], descriptor);
}

}  // namespace penstock::storage::testing
