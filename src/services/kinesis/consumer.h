// A registered consumer as a value, and its ARN: <stream ARN>/consumer/<name>:<epoch second>. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {

enum class ConsumerStatus : std::uint8_t { kCreating, kActive, kDeleting };
std::string_view to_string(ConsumerStatus status);

// Everything about a consumer that is stored.
struct ConsumerConfig {
  std::uint64_t stream = 0;  // The stream's id.
  std::string name;
  std::int64_t created_seconds = 0;
  std::map<std::string, std::string> tags;
  std::string policy = {};  // The resource policy; empty: none.
};

struct ConsumerName {
  StreamName stream;
  std::string name;
  std::int64_t created_seconds = 0;
};

std::string consumer_arn(std::string_view stream_arn, std::string_view name,
                         std::int64_t created_seconds);
// Whether it has the form of one, in which no ARN of a stream is.
bool is_consumer_arn(std::string_view arn);
// nullopt when it is not one.
std::optional<ConsumerName> parse_consumer_arn(std::string_view arn);

Result<ConsumerConfig> with_tags(ConsumerConfig config,
                                 const std::map<std::string, std::string>& tags);
ConsumerConfig without_tags(ConsumerConfig config, const std::vector<std::string>& keys);

}  // namespace penstock::kinesis
