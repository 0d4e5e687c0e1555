// sql::ObjectReader over the S3 client: lets the engine's own threads wait for coroutines.
#pragma once

#include "async/executor.h"
#include "gen/s3/client.h"
#include "protocol/context.h"
#include "sql/object_reader.h"

namespace penstock::athena {

class ObjectBridge final : public sql::ObjectReader {
 public:
  ObjectBridge(Runtime& runtime, protocol::Caller& s3, protocol::Context context)
      : runtime_(runtime), client_(s3), context_(std::move(context)) {}

  Result<std::vector<sql::ObjectInfo>> list(const std::string& bucket,
                                            const std::string& prefix) override;
  Result<std::string> read(const std::string& bucket, const std::string& key, std::uint64_t offset,
                           std::uint64_t length) override;

 private:
  Runtime& runtime_;
  s3::Client client_;
  const protocol::Context context_;
};

// A range of an object; fewer bytes at its end. From an event loop.
protocol::Reply<std::string> read_object(s3::Client client, protocol::Context context,
                                         std::string bucket, std::string key, std::uint64_t offset,
                                         std::uint64_t length);

}  // namespace penstock::athena
