// The registry is prometheus-cpp's; families of gauges are rebuilt at each scrape.
#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <shared_mutex>

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

  // Adding to a family takes a lock and builds a label map; each pair of names does it once. The
  // names are the service's own constants, so that they are told apart by where they are.
  struct Handles {
    prometheus::Histogram* duration = nullptr;
    std::map<std::string, prometheus::Counter*, std::less<>> by_code;
  };
  using Name = std::pair<const void*, const void*>;  // Of the service, of the operation.
  std::shared_mutex mutex;
  std::map<Name, Handles> handles;
  std::vector<std::function<std::vector<Gauge>()>> sources;

  // nullptr: not made yet.
  const Handles* find(const protocol::CallRecord& call, prometheus::Counter*& counter);
  const Handles& make(const protocol::CallRecord& call, prometheus::Counter*& counter);
};

const Metrics::Impl::Handles* Metrics::Impl::find(const protocol::CallRecord& call,
                                                  prometheus::Counter*& counter) {
  const std::shared_lock lock(mutex);
  const auto at = handles.find({call.service, call.operation.data()});
  if (at == handles.end()) return nullptr;
  const auto code = at->second.by_code.find(call.error_code);
  if (code == at->second.by_code.end()) return nullptr;
  counter = code->second;
  return &at->second;
}

const Metrics::Impl::Handles& Metrics::Impl::make(const protocol::CallRecord& call,
                                                  prometheus::Counter*& counter) {
  const std::unique_lock lock(mutex);
  Handles& made = handles[{call.service, call.operation.data()}];
  const std::string service(call.service->id), operation(call.operation), code(call.error_code);
  if (made.duration == nullptr) {
    made.duration =
        &durations.Add({{"service", service}, {"operation", operation}},
                       prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                               0.025, 0.05, 0.1, 0.25, 1, 5});
  }
  prometheus::Counter*& by_code = made.by_code[code];
  if (by_code == nullptr) {
    by_code = &calls.Add({{"service", service}, {"operation", operation}, {"code", code}});
  }
  counter = by_code;
  return made;
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::record(const protocol::CallRecord& call) {
  prometheus::Counter* counter = nullptr;
  const Impl::Handles* handles = impl_->find(call, counter);
  if (handles == nullptr) handles = &impl_->make(call, counter);
  counter->Increment();
  handles->duration->Observe(static_cast<double>(call.duration.count()) / 1e6);
}

void Metrics::add_source(std::function<std::vector<Gauge>()> source) {
  const std::unique_lock lock(impl_->mutex);
  impl_->sources.push_back(std::move(source));
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  std::map<std::string, prometheus::MetricFamily> gauges;
  std::vector<std::function<std::vector<Gauge>()>> sources;
  {
    const std::shared_lock lock(impl_->mutex);
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
