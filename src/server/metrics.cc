// The registry is prometheus-cpp's; families of gauges are rebuilt at each scrape.
#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace penstock::server {

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("penstock_api_calls_total")
          .Help("API calls by service, operation and error code (empty: success).")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("penstock_api_call_seconds")
          .Help("Duration of API calls by service and operation.")
          .Register(registry);

  // Adding to a family takes a lock and builds a label map; each pair of names does it once.
  struct Handles {
    prometheus::Histogram* duration;
    std::map<std::string, prometheus::Counter*, std::less<>> by_code;
  };
  std::mutex mutex;
  std::map<std::pair<std::string_view, std::string_view>, Handles> handles;
  std::vector<std::function<std::vector<Gauge>()>> sources;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::record(const protocol::CallRecord& call) {
  const std::scoped_lock lock(impl_->mutex);
  auto [at, made] = impl_->handles.try_emplace({call.service->id, call.operation});
  Impl::Handles& handles = at->second;
  const std::string service(call.service->id), operation(call.operation);
  if (made) {
    handles.duration = &impl_->durations.Add(
        {{"service", service}, {"operation", operation}},
        prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                0.1, 0.25, 1, 5});
  }
  prometheus::Counter*& counter = handles.by_code[std::string(call.error_code)];
  if (counter == nullptr) {
    counter = &impl_->calls.Add(
        {{"service", service}, {"operation", operation}, {"code", std::string(call.error_code)}});
  }
  counter->Increment();
  handles.duration->Observe(static_cast<double>(call.duration.count()) / 1e6);
}

void Metrics::add_source(std::function<std::vector<Gauge>()> source) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->sources.push_back(std::move(source));
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  std::map<std::string, prometheus::MetricFamily> gauges;
  std::vector<std::function<std::vector<Gauge>()>> sources;
  {
    const std::scoped_lock lock(impl_->mutex);
    sources = impl_->sources;
  }
  for (const auto& source : sources) {
    for (const Gauge& gauge : source()) {
      prometheus::MetricFamily& family = gauges[gauge.name];
      family.name = gauge.name;
      family.help = gauge.help;
      family.type = prometheus::MetricType::Gauge;
      prometheus::ClientMetric metric;
      for (const auto& [name, value] : gauge.labels) metric.label.push_back({name, value});
      metric.gauge.value = gauge.value;
      family.metric.push_back(std::move(metric));
    }
  }
  for (auto& [name, family] : gauges) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace penstock::server
