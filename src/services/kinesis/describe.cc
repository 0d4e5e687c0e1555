// What clients see of streams and shards: the describing and listing operations.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/monitoring.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

constexpr std::size_t kListShardsMax = 1000;
constexpr std::size_t kDescribeShardsMax = 100;

api::Shard to_api(const ShardSpec& shard) {
  api::Shard out;
  out.shard_id = shard_id(shard.index);
  if (shard.parent) out.parent_shard_id = shard_id(*shard.parent);
  if (shard.adjacent_parent) out.adjacent_parent_shard_id = shard_id(*shard.adjacent_parent);
  out.hash_key_range.starting_hash_key = format_hash_key(shard.range.first);
  out.hash_key_range.ending_hash_key = format_hash_key(shard.range.last);
  out.sequence_number_range.starting_sequence_number = format_sequence(shard.first_number());
  if (!shard.is_open()) {
    out.sequence_number_range.ending_sequence_number = format_sequence(shard.last_number());
  }
  return out;
}

api::StreamModeDetails mode_details(const StreamConfig& config) {
  return {std::string(to_string(config.mode))};
}

std::vector<api::EnhancedMetrics> monitoring_of(const StreamConfig& config) {
  return {api::EnhancedMetrics{metric_names(config.metrics)}};
}

std::optional<api::WarmThroughputObject> warm_throughput_of(const StreamConfig& config) {
  if (config.warm_mibps == 0) return std::nullopt;
  api::WarmThroughputObject out;
  out.target_mi_bps = static_cast<std::int32_t>(config.warm_mibps);
  out.current_mi_bps = static_cast<std::int32_t>(current_warm_throughput(config));
  return out;
}

// What both descriptions of a stream say of its encryption.
template <typename Description>
void describe_encryption(Description& d, const StreamConfig& config) {
  d.encryption_type = config.encrypts() ? "KMS" : "NONE";
  if (config.encrypts()) d.key_id = config.key_id;
}

struct ShardPage {
  std::vector<api::Shard> shards;
  bool more = false;
};

// The shards of numbers >= first that the filter shows, at most `count`.
ShardPage page_of(const ShardMap& map, std::uint64_t first, std::size_t count,
                  const ShardFilter& filter) {
  ShardPage page;
  for (const ShardEntry& entry : map.all()) {
    if (entry.spec.index < first || !shows(filter, entry.spec)) continue;
    page.more = page.shards.size() == count;
    if (page.more) break;
    page.shards.push_back(to_api(entry.spec));
  }
  return page;
}

// The number after the shard named, 0 when none is.
ApiResult<std::uint64_t> after_shard(const std::optional<std::string>& id) {
  if (!id) return 0;
  const std::optional<std::uint32_t> index = parse_shard_id(*id);
  if (!index) {
    return std::unexpected(invalid_argument(fmt::format("Shard id {} is not valid.", *id)));
  }
  return std::uint64_t{*index} + 1;
}

// A filter's arguments; the wording is deduced.
ApiResult<void> check_filter(const api::ShardFilter& filter, Timestamp now) {
  const bool by_time = filter.type == "AT_TIMESTAMP" || filter.type == "FROM_TIMESTAMP";
  const bool by_shard = filter.type == "AFTER_SHARD_ID";
  if (by_time != filter.timestamp.has_value()) {
    return std::unexpected(invalid_argument(
        fmt::format("Timestamp {} when ShardFilter.Type is {}.",
                    by_time ? "must be specified" : "cannot be specified", filter.type)));
  }
  if (by_shard != filter.shard_id.has_value()) {
    return std::unexpected(invalid_argument(
        fmt::format("ShardId {} when ShardFilter.Type is {}.",
                    by_shard ? "must be specified" : "cannot be specified", filter.type)));
  }
  if (by_time && *filter.timestamp > now) {
    return std::unexpected(invalid_argument(fmt::format(
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        "timestampInMillis: {}, currentTimestampInMillis: {}",
        filter.timestamp->millis(), now.millis())));
  }
  return {};
}

struct ShardList {
  std::shared_ptr<LiveStream> stream;
  std::uint64_t first = 0;
  ShardFilter filter;
};

ApiResult<ShardList> next_page(Service& service, const Context& context,
                               const api::ListShardsInput& input) {
  if (input.stream_name || input.stream_arn) {
    return std::unexpected(
        invalid_argument("NextToken and StreamName cannot be provided together."));
  }
  if (input.exclusive_start_shard_id || input.stream_creation_timestamp || input.shard_filter) {
    return std::unexpected(invalid_argument(
        "NextToken cannot be provided together with ExclusiveStartShardId, ShardFilter or "
        "StreamCreationTimestamp."));
  }
  TRY(const ListPosition position, check_list_token(*input.next_token, service.deps.clock.now()));
  TRY(const std::uint64_t first, after_shard(position.after));
  TRY(auto stream, resolve_readable(service, context, position.stream, std::nullopt));
  return ShardList{std::move(stream), first, position.filter};
}

ApiResult<ShardList> first_page(Service& service, const Context& context,
                                const api::ListShardsInput& input) {
  if (!input.stream_name && !input.stream_arn) {
    return std::unexpected(invalid_argument("Either NextToken or StreamName should be provided."));
  }
  TRY(auto stream, resolve_readable(service, context, input.stream_name, input.stream_arn));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  if (input.stream_creation_timestamp &&
      input.stream_creation_timestamp->seconds() != config->created.seconds()) {
    return std::unexpected(stream_not_found(stream->place(), stream->name()));
  }
  TRY(std::uint64_t first, after_shard(input.exclusive_start_shard_id));
  if (!input.shard_filter) return ShardList{std::move(stream), first, {}};
  const api::ShardFilter& wanted = *input.shard_filter;
  const Timestamp now = service.deps.clock.now();
  TRY_VOID(check_filter(wanted, now));
  TRY(const std::uint64_t filtered, after_shard(wanted.shard_id));
  // The decoder let through only the types that there are.
  const ShardFilter filter = make_filter(wanted.type, wanted.timestamp, *config, now).value();
  return ShardList{std::move(stream), std::max(first, filtered), filter};
}

}  // namespace

Reply<api::DescribeStreamOutput> describe_stream(Service& service, const Context& context,
                                                 api::DescribeStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY(const std::uint64_t first, after_shard(input.exclusive_start_shard_id));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  const std::size_t count =
      std::min<std::size_t>(input.limit.value_or(kDescribeShardsMax), kDescribeShardsMax);
  api::DescribeStreamOutput output;
  api::StreamDescription& d = output.stream_description;
  d.stream_name = stream->name();
  d.stream_arn = stream->arn();
  d.stream_status = to_string(stream->status());
  d.stream_mode_details = mode_details(*config);
  if (stream->status() != StreamStatus::kCreating) {
    ShardPage page = page_of(*stream->shards(), first, count, {});
    d.shards = std::move(page.shards);
    d.has_more_shards = page.more;
  }
  d.retention_period_hours = static_cast<std::int32_t>(config->retention_hours);
  d.stream_creation_timestamp = Timestamp::from_seconds(config->created.seconds());
  d.enhanced_monitoring = monitoring_of(*config);
  describe_encryption(d, *config);
  co_return output;
}

Reply<api::DescribeStreamSummaryOutput> describe_stream_summary(
    Service& service, const Context& context, api::DescribeStreamSummaryInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  api::DescribeStreamSummaryOutput output;
  api::StreamDescriptionSummary& d = output.stream_description_summary;
  d.stream_name = stream->name();
  d.stream_arn = stream->arn();
  d.stream_status = to_string(stream->status());
  d.stream_mode_details = mode_details(*config);
  d.retention_period_hours = static_cast<std::int32_t>(config->retention_hours);
  d.stream_creation_timestamp = Timestamp::from_seconds(config->created.seconds());
  d.enhanced_monitoring = monitoring_of(*config);
  describe_encryption(d, *config);
  d.open_shard_count = static_cast<std::int32_t>(stream->shards()->open_count());
  d.consumer_count = static_cast<std::int32_t>(service.consumers.list(stream->id()).size());
  d.warm_throughput = warm_throughput_of(*config);
  d.max_record_size_in_ki_b = static_cast<std::int32_t>(config->record_kib_max);
  co_return output;
}

Reply<api::ListStreamsOutput> list_streams(Service& service, const Context& context,
                                           api::ListStreamsInput input) {
  const Timestamp now = service.deps.clock.now();
  std::string after = input.exclusive_start_stream_name.value_or("");
  if (input.next_token) {
    CO_TRY(ListPosition position, check_list_token(*input.next_token, now));
    after = std::max(after, position.after);
  }
  const auto limit = static_cast<std::size_t>(input.limit.value_or(100));
  api::ListStreamsOutput output;
  output.stream_summaries.emplace();
  for (const auto& stream : service.streams.list(context.place())) {
    if (stream->name() <= after) continue;
    if (output.stream_names.size() == limit) {
      output.has_more_streams = true;
      break;
    }
    output.stream_names.push_back(stream->name());
    const std::shared_ptr<const StreamConfig> config = stream->config();
    api::StreamSummary& summary = output.stream_summaries->emplace_back();
    summary.stream_name = stream->name();
    summary.stream_arn = stream->arn();
    summary.stream_status = to_string(stream->status());
    summary.stream_mode_details = mode_details(*config);
    summary.stream_creation_timestamp = Timestamp::from_seconds(config->created.seconds());
  }
  if (output.has_more_streams) {
    output.next_token = encode_list_token({now, "", output.stream_names.back()});
  }
  co_return output;
}

Reply<api::ListShardsOutput> list_shards(Service& service, const Context& context,
                                         api::ListShardsInput input) {
  CO_TRY(const ShardList list, input.next_token ? next_page(service, context, input)
                                                : first_page(service, context, input));
  const std::size_t count =
      std::min<std::size_t>(input.max_results.value_or(kListShardsMax), kListShardsMax);
  ShardPage page = page_of(*list.stream->shards(), list.first, count, list.filter);
  api::ListShardsOutput output;
  if (page.more) {
    output.next_token = encode_list_token(
        {service.deps.clock.now(), list.stream->name(), page.shards.back().shard_id, list.filter});
  }
  output.shards = std::move(page.shards);
  co_return output;
}

Reply<api::DescribeLimitsOutput> describe_limits(Service& service, const Context& context,
                                                 api::DescribeLimitsInput) {
  api::DescribeLimitsOutput output;
  output.shard_limit = limits::kKinesisShardsMax;
  output.on_demand_stream_count_limit = limits::kKinesisOnDemandStreamsMax;
  for (const auto& stream : service.streams.list(context.place())) {
    if (stream->config()->mode == StreamMode::kOnDemand) ++output.on_demand_stream_count;
    output.open_shard_count += static_cast<std::int32_t>(stream->shards()->open_count());
  }
  co_return output;
}

}  // namespace penstock::kinesis
