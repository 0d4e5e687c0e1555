// sql::ObjectReader over the S3 client: lets the engine's own threads wait for coroutines.
#pragma once

#include <atomic>
#include <stop_token>

#include "async/executor.h"
#include "gen/s3/client.h"
#include "protocol/context.h"
#include "sql/object_reader.h"

namespace penstock::athena {

// More bytes than that (0: without end) request the stop.
struct ReadLimit {
  std::uint64_t bytes_max = 0;
  std::stop_source stop{std::nostopstate};
};

class ObjectBridge final : public sql::ObjectReader {
 public:
  ObjectBridge(Runtime& runtime, protocol::Caller& s3, protocol::Context context, ReadLimit limit)
      : runtime_(runtime), client_(s3), context_(std::move(context)), limit_(std::move(limit)) {}

  Result<std::vector<sql::ObjectInfo>> list(const std::string& bucket,
                                            const std::string& prefix) override;
  Result<std::string> read(const std::string& bucket, const std::string& key, std::uint64_t offset,
                           std::uint64_t length) override;
  bool over_limit() const { return limit_.bytes_max != 0 && bytes_ > limit_.bytes_max; }

 private:
  Runtime& runtime_;
  s3::Client client_;
  const protocol::Context context_;
  ReadLimit limit_;
  std::atomic<std::uint64_t> bytes_{0};
};

// A range of an object; fewer bytes at its end. From an event loop.
protocol::Reply<std::string> read_object(s3::Client client, protocol::Context context,
                                         std::string bucket, std::string key, std::uint64_t offset,
                                         std::uint64_t length);

}  // namespace penstock::athena
