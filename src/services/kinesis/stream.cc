// The rules of a stream: states, shard ids, retention, mode and tags, with AWS's refusals.
// No I/O and no clock; operations connect these decisions with the store.
#include "services/kinesis/stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "protocol/arn.h"

namespace penstock::kinesis {

std::string_view to_string(StreamStatus status) {
  switch (status) {
    case StreamStatus::kCreating: return "CREATING";
    case StreamStatus::kActive: return "ACTIVE";
    case StreamStatus::kUpdating: return "UPDATING";
    case StreamStatus::kDeleting: return "DELETING";
  }
  CHECK(false);
}

std::optional<StreamStatus> next_status(StreamStatus status, StreamEvent event) {
  switch (event) {
    case StreamEvent::kCommitted:
      if (status == StreamStatus::kDeleting) return std::nullopt;
      return StreamStatus::kActive;
    case StreamEvent::kBeginUpdate:
      if (status != StreamStatus::kActive) return std::nullopt;
      return StreamStatus::kUpdating;
    case StreamEvent::kBeginDelete:
      if (status == StreamStatus::kDeleting) return std::nullopt;
      return StreamStatus::kDeleting;
  }
  CHECK(false);
}

std::string_view to_string(StreamMode mode) {
  return mode == StreamMode::kOnDemand ? "ON_DEMAND" : "PROVISIONED";
}

std::optional<StreamMode> parse_mode(std::string_view text) {
  if (text == "ON_DEMAND") return StreamMode::kOnDemand;
  if (text == "PROVISIONED") return StreamMode::kProvisioned;
  return std::nullopt;
}

std::string stream_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:kinesis:{}:{}:stream/{}", place.region, place.account, name);
}

std::string StreamConfig::arn() const { return stream_arn(place, name); }

namespace {

Status check_retention(std::int64_t hours) {
  if (hours < 24) {
    return fail(ErrorKind::kInvalid,
                fmt::format("Minimum allowed retention period is 24 hours. Requested retention "
                            "period ({} hours) is too short.",
                            hours));
  }
  if (hours > 8760) {
    return fail(ErrorKind::kInvalid,
                fmt::format("Maximum allowed retention period is 8760 hours. Requested retention "
                            "period ({} hours) is too long.",
                            hours));
  }
  return {};
}

// Tags may hold letters, digits and white space of any script, and _ . / = + - % @ :
bool is_tag_text(std::string_view text) {
  constexpr std::string_view kSymbols = "_./=+-%@:";
  if (!is_valid_utf8(text)) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == ' ' || byte == '\t' || byte == '\n' ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<StreamConfig> with_longer_retention(StreamConfig config, std::int64_t hours) {
  TRY_VOID(check_retention(hours));
  if (hours < config.retention_hours) {
    return fail(
        ErrorKind::kInvalid,
        fmt::format("Requested retention period ({} hours) for stream {} can not be shorter "
                    "than existing retention period ({} hours). Use "
                    "DecreaseRetentionPeriod API.",
                    hours, config.name, config.retention_hours));
  }
  config.retention_hours = static_cast<std::uint32_t>(hours);
  return config;
}

Result<StreamConfig> with_shorter_retention(StreamConfig config, std::int64_t hours) {
  TRY_VOID(check_retention(hours));
  if (hours > config.retention_hours) {
    return fail(ErrorKind::kInvalid,
                fmt::format("Requested retention period ({} hours) for stream {} can not be longer "
                            "than existing retention period ({} hours). Use "
                            "IncreaseRetentionPeriod API.",
                            hours, config.name, config.retention_hours));
  }
  config.retention_hours = static_cast<std::uint32_t>(hours);
  return config;
}

Result<StreamConfig> with_mode(StreamConfig config, StreamMode mode, Timestamp now) {
  const Timestamp day_ago = now - std::chrono::hours(24);
  std::erase_if(config.mode_changes, [&](Timestamp at) { return at <= day_ago; });
  if (mode == config.mode) return config;
  // Two changes in 24 hours are documented; the wording is deduced.
  if (config.mode_changes.size() >= 2) {
    return fail(ErrorKind::kLimit,
                fmt::format("Stream {} under account {} can switch its stream mode only twice "
                            "within 24 hours.",
                            config.name, config.place.account));
  }
  config.mode = mode;
  config.mode_changes.push_back(now);
  return config;
}

Status check_tags(const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) {
    if (!is_tag_text(key) || !is_tag_text(value)) {
      return fail(
          ErrorKind::kInvalid,
          "Some tags contain invalid characters. Valid characters: Unicode letters, digits, "
          "white space, _ . / = + - % @.");
    }
  }
  return {};
}

Result<StreamConfig> with_tags(StreamConfig config,
                               const std::map<std::string, std::string>& tags) {
  TRY_VOID(check_tags(tags));
  for (const auto& [key, value] : tags) config.tags.insert_or_assign(key, value);
  if (config.tags.size() > limits::kKinesisTagsPerStreamMax) {
    return fail(
        ErrorKind::kInvalid,
        fmt::format("Failed to add tags to stream {} under account {} because a given stream "
                    "cannot have more than {} tags associated with it.",
                    config.name, config.place.account, limits::kKinesisTagsPerStreamMax));
  }
  return config;
}

Result<StreamConfig> without_tags(StreamConfig config, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) config.tags.erase(key);
  return config;
}

std::optional<StreamName> parse_stream_arn(std::string_view text) {
  constexpr std::string_view kResource = "stream/";
  const auto arn = protocol::parse_arn(text);
  if (!arn || arn->service != "kinesis" || !arn->resource.starts_with(kResource)) {
    return std::nullopt;
  }
  std::string name = arn->resource.substr(kResource.size());
  if (name.empty() || name.contains('/')) return std::nullopt;
  return StreamName{{arn->account, arn->region}, std::move(name)};
}

}  // namespace penstock::kinesis
