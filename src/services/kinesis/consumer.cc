// Names, states and tags of consumers.
#include "services/kinesis/consumer.h"

#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"
#include "base/check.h"
#include "base/limits.h"

namespace penstock::kinesis {

std::string_view to_string(ConsumerStatus status) {
  switch (status) {
    case ConsumerStatus::kCreating: return "CREATING";
    case ConsumerStatus::kActive: return "ACTIVE";
    case ConsumerStatus::kDeleting: return "DELETING";
  }
  CHECK(false);
}

std::string consumer_arn(std::string_view stream_arn, std::string_view name,
                         std::int64_t created_seconds) {
  return fmt::format("{}/consumer/{}:{}", stream_arn, name, created_seconds);
}

bool is_consumer_arn(std::string_view arn) {
  return arn.find("/consumer/") != std::string_view::npos;
}

std::optional<ConsumerName> parse_consumer_arn(std::string_view arn) {
  constexpr std::string_view kPart = "/consumer/";
  const std::size_t at = arn.find(kPart);
  if (at == std::string_view::npos) return std::nullopt;
  std::optional<StreamName> stream = parse_stream_arn(arn.substr(0, at));
  const std::string_view rest = arn.substr(at + kPart.size());
  const std::size_t colon = rest.rfind(':');
  if (!stream || colon == std::string_view::npos || colon == 0) return std::nullopt;
  ConsumerName consumer{std::move(*stream), std::string(rest.substr(0, colon)), 0};
  const std::string_view digits = rest.substr(colon + 1);
  const bool padded = digits.size() > 1 && digits[0] == '0';  // Another spelling of one ARN.
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, consumer.created_seconds);
  if (padded || !is_digits(digits) || parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return consumer;
}

Result<ConsumerConfig> with_tags(ConsumerConfig config,
                                 const std::map<std::string, std::string>& tags) {
  TRY_VOID(check_tags(tags));
  for (const auto& [key, value] : tags) config.tags.insert_or_assign(key, value);
  if (config.tags.size() > limits::kKinesisTagsPerStreamMax) {
    return fail(ErrorKind::kInvalid,
                fmt::format("Failed to add tags to consumer {} because a given consumer cannot "
                            "have more than {} tags associated with it.",
                            config.name, limits::kKinesisTagsPerStreamMax));
  }
  return config;
}

ConsumerConfig without_tags(ConsumerConfig config, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) config.tags.erase(key);
  return config;
}

}  // namespace penstock::kinesis
