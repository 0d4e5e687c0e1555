// EnableEnhancedMonitoring and DisableEnhancedMonitoring: which shard-level metrics a stream has.
#include "services/kinesis/monitoring.h"

#include <array>

#include "services/kinesis/change.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

// By bit.
constexpr auto kMetrics = std::to_array<std::string_view>(
    {"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
     "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded",
     "IteratorAgeMilliseconds"});
constexpr std::uint32_t kAllMetrics = (1U << kMetrics.size()) - 1;

struct MetricChange {
  std::shared_ptr<LiveStream> stream;
  std::uint32_t before = 0;
  std::uint32_t after = 0;
};

Reply<MetricChange> change_metrics(Service& service, std::shared_ptr<LiveStream> stream,
                                   std::uint32_t on, std::uint32_t off) {
  auto change = std::make_shared<MetricChange>(stream);
  Decide decide = [change, on, off](StreamConfig config) -> ApiResult<StreamConfig> {
    change->before = config.metrics;
    config.metrics = (config.metrics | on) & ~off;
    change->after = config.metrics;
    return config;
  };
  CO_TRY_VOID(co_await change_stream(service, stream, Visible::kAsUpdating, std::move(decide)));
  co_return *change;
}

api::EnhancedMonitoringOutput metrics_output(const MetricChange& change) {
  api::EnhancedMonitoringOutput output;
  output.stream_name = change.stream->name();
  output.stream_arn = change.stream->arn();
  output.current_shard_level_metrics = metric_names(change.before);
  output.desired_shard_level_metrics = metric_names(change.after);
  return output;
}

}  // namespace

std::uint32_t metric_bits(const std::vector<std::string>& names) {
  std::uint32_t bits = 0;
  for (const std::string& name : names) {
    if (name == "ALL") bits = kAllMetrics;
    for (std::size_t i = 0; i < kMetrics.size(); ++i) {
      if (name == kMetrics[i]) bits |= 1U << i;
    }
  }
  return bits;
}

std::vector<std::string> metric_names(std::uint32_t bits) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    if ((bits & (1U << i)) != 0) names.emplace_back(kMetrics[i]);
  }
  return names;
}

Reply<api::EnhancedMonitoringOutput> enable_enhanced_monitoring(
    Service& service, const Context& context, api::EnableEnhancedMonitoringInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY(const MetricChange change,
         co_await change_metrics(service, stream, metric_bits(input.shard_level_metrics), 0));
  co_return metrics_output(change);
}

Reply<api::EnhancedMonitoringOutput> disable_enhanced_monitoring(
    Service& service, const Context& context, api::DisableEnhancedMonitoringInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY(const MetricChange change,
         co_await change_metrics(service, stream, 0, metric_bits(input.shard_level_metrics)));
  co_return metrics_output(change);
}

}  // namespace penstock::kinesis
