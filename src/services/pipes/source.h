// The stream that a pipe reads, seen the same way whether it is a DynamoDB or a Kinesis stream,
// here or at another endpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gen/dynamodbstreams/client.h"
#include "gen/kinesis/client.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/pipes/pipe.h"
#include "services/pipes/store.h"

namespace penstock::pipes {

struct SourceRecord {
  std::string sequence;  // Decimal; increases along the shard.
  std::string event_id;
  Timestamp created;
  std::string json;  // The event as filter, template and target see it.
  std::string view;  // For filters and paths where it differs: Kinesis data, decoded. Else empty.
};

struct SourceShard {
  std::string id;
  std::vector<std::string> parents;
  bool closed = false;
};

struct SourcePage {
  std::vector<SourceRecord> records;
  std::optional<std::string>
      next;  // The iterator that goes on; absent at the end of a closed shard.
  std::int64_t millis_behind = 0;  // 0 when unknown.
};

class Source {
 public:
  virtual ~Source() = default;
  virtual protocol::Reply<std::vector<SourceShard>> shards() = 0;
  // An iterator after `position`.
  virtual protocol::Reply<std::string> open(std::string shard, Position position) = 0;
  // Of a shard in which the pipe begins with LATEST: an iterator to be used now. nullopt when
  // open() can find that place again by the position's anchor.
  virtual protocol::Reply<std::optional<std::string>> open_latest(std::string shard) = 0;
  virtual protocol::Reply<SourcePage> read(std::string iterator, std::size_t limit) = 0;
};

// The clients must outlive the source. `context` is that of the pipe's role.
std::unique_ptr<Source> make_dynamodb_source(dynamodbstreams::Client client, PipeConfig config,
                                             protocol::Context context);
std::unique_ptr<Source> make_kinesis_source(kinesis::Client client, PipeConfig config,
                                            protocol::Context context);

// The documents that a pipe hands on. Pure.
SourceRecord to_event(const dynamodbstreams::api::Record& record, std::string_view stream_arn);
SourceRecord to_event(const kinesis::api::Record& record, std::string_view stream_arn,
                      std::string_view region, std::string_view shard, std::string_view role_arn);

}  // namespace penstock::pipes
