// An S3 service over a real store and real files in a directory of its own, with a clock that the
// test moves and bodies that arrive in pieces.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "async/gate.h"
#include "base/check.h"
#include "services/s3/operations.h"
#include "services/s3/s3.h"

namespace penstock::s3 {

// A body that is pulled in pieces, as from the network.
class Pieces final : public net::BodySource {
 public:
  Pieces(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  Task<Result<std::string>> read() override {
    std::string next = bytes_.substr(at_, piece_);
    at_ += next.size();
    co_return next;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

inline net::Body in_pieces(std::string bytes, std::size_t piece = 100'000) {
  return net::Body(std::make_shared<Pieces>(std::move(bytes), piece));
}

// Bytes that differ everywhere, so that a wrong offset shows.
inline std::string pattern(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

class Harness {
 public:
  Harness() {
    std::string path = (std::filesystem::temp_directory_path() / "s3-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    context.host = "localhost:4566";
    open();
  }
  ~Harness() {
    close();
    std::filesystem::remove_all(directory);
  }

  void open() {
    auto opened = storage::Store::open({.directory = directory + "/store"});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store = std::move(*opened);
    auto opened_files =
        storage::BlobFiles::open(directory + "/objects", storage::Durability::kNone);
    ASSERT_TRUE(opened_files.has_value()) << opened_files.error().message;
    files = std::move(*opened_files);
    service = std::make_unique<Service>(Dependencies{*store, *files, runtime, clock, *random});
    const Status started = service->start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  void close() {
    if (service) service->stop();
    service.reset();
    files.reset();
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
  // For operations by function and input.
  template <typename Output, typename Input>
  protocol::ApiResult<Output> call(protocol::Reply<Output> (*operation)(Service&,
                                                                        const protocol::Context&,
                                                                        Input),
                                   Input input) {
    return run(operation(*service, context, std::move(input)));
  }
  std::string read(net::Body body) {
    auto bytes = block_on(runtime.loop(0), collect(std::move(body)));
    EXPECT_TRUE(bytes.has_value()) << bytes.error().message;
    return bytes ? *std::move(bytes) : std::string();
  }

  void create_bucket(std::string name) {
    api::CreateBucketRequest input;
    input.bucket = std::move(name);
    const auto reply = call(s3::create_bucket, std::move(input));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
  }
  static api::PutObjectRequest put_request(std::string key, net::Body body) {
    api::PutObjectRequest input;
    input.bucket = "bucket";
    input.key = std::move(key);
    input.body = std::move(body);
    return input;
  }
  protocol::ApiResult<api::PutObjectOutput> put(std::string key, std::string bytes) {
    return call(put_object, put_request(std::move(key), in_pieces(std::move(bytes))));
  }
  static api::GetObjectRequest get_request(std::string key) {
    api::GetObjectRequest input;
    input.bucket = "bucket";
    input.key = std::move(key);
    return input;
  }
  protocol::ApiResult<api::GetObjectOutput> get(std::string key) {
    return call(get_object, get_request(std::move(key)));
  }
  // The bytes of an object, or the code of the refusal.
  std::string content(std::string key) {
    auto got = get(std::move(key));
    if (!got) return got.error().code;
    return read(std::move(got->body));
  }
  std::size_t file_count() const {
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(directory + "/objects")) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }
  // Waits for removals under way; none can begin after.
  void settle_files() { service->reclaimer->drain(); }

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  std::unique_ptr<Random> random = make_seeded_random(7);
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<storage::BlobFiles> files;
  std::unique_ptr<Service> service;
  protocol::Context context;

 private:
  static Task<Result<std::string>> collect(net::Body body) {
    co_return co_await body.collect(1UL << 30);
  }
};

}  // namespace penstock::s3
