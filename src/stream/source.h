// The stream that is read, seen the same way whether it is a DynamoDB or a Kinesis stream, in this
// process or at another endpoint (that is up to the client). Records are raw: who consumes them
// makes events of them in a form of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gen/dynamodbstreams/client.h"
#include "gen/kinesis/client.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "stream/position.h"

namespace penstock::stream {

// An event that its source has made itself: of streams that AWS has no API for.
struct MadeEvent {
  std::string json;
  std::string view;  // With what is encoded decoded, for filters and paths.
  bool payload_is_json = true;
};

struct Record {
  std::string sequence;        // Increases along the shard.
  std::string event_id;        // Kinesis: "<shard>:<sequence>".
  Timestamp created;           // DynamoDB: whole seconds.
  std::size_t bytes = 0;       // About what it takes in memory.
  std::uint64_t key_hash = 0;  // Of the partition key, or of the item's key: equal for equal keys.
  std::variant<kinesis::api::Record, dynamodbstreams::api::Record, MadeEvent> body;

  // Requires a stream of that kind.
  const kinesis::api::Record& kinesis() const { return std::get<kinesis::api::Record>(body); }
  const dynamodbstreams::api::Record& dynamodb() const {
    return std::get<dynamodbstreams::api::Record>(body);
  }
};

struct Shard {
  std::string id;
  std::vector<std::string> parents;
  bool closed = false;
};

struct Page {
  std::vector<Record> records;
  std::optional<std::string> next;  // Goes on; absent at the end of a closed shard.
  std::int64_t millis_behind = 0;   // 0 when unknown.
};

// Thread-safe: many shards are read through one source.
class Source {
 public:
  virtual ~Source() = default;
  virtual const std::string& arn() const = 0;
  // All that are listed, closed ones included.
  virtual protocol::Reply<std::vector<Shard>> shards() = 0;
  // An iterator after `position`.
  virtual protocol::Reply<std::string> open(std::string shard, Position position) = 0;
  // An iterator at this very record.
  virtual protocol::Reply<std::string> open_at(std::string shard, std::string sequence) = 0;
  // Of a shard in which a reader begins with LATEST: an iterator to be used now. nullopt when
  // open() can find that place again by the position's anchor.
  virtual protocol::Reply<std::optional<std::string>> open_latest(std::string shard) = 0;
  virtual protocol::Reply<Page> read(std::string shard, std::string iterator,
                                     std::size_t limit) = 0;
};

// The callers behind the clients must outlive the source. `context` says as whom it calls.
std::unique_ptr<Source> make_dynamodb_source(dynamodbstreams::Client client, std::string arn,
                                             protocol::Context context);
std::unique_ptr<Source> make_kinesis_source(kinesis::Client client, std::string arn,
                                            protocol::Context context);

// The name in the ARN of a Kinesis stream.
std::optional<std::string> stream_name_of(std::string_view arn);

// The records [from, to] as far as they are still there; none when the stream does not know `from`.
// Requires that they fit into memory.
protocol::Reply<std::vector<Record>> read_range(Source& source, std::string shard, std::string from,
                                                std::string to);

// Raw records with what the reader needs to know of them.
Record to_record(kinesis::api::Record record, std::string_view shard);
Record to_record(dynamodbstreams::api::Record record);

}  // namespace penstock::stream
