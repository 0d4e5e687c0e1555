// Metrics in Prometheus' text format: calls per service, operation and outcome with their
// durations, and gauges that are read when somebody asks. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocol/dispatcher.h"

namespace penstock::server {

struct Gauge {
  std::string name;  // penstock_...
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  void record(const protocol::CallRecord& call);
  // Called at every scrape; must be quick and thread-safe.
  void add_source(std::function<std::vector<Gauge>()> source);
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::server
