// The sales pipeline: its seven steps, set up through the public wire API, and what is asked of it.
#pragma once

#include <functional>
#include <string>

#include "cli/session.h"

namespace penstock::cli {

struct PipelineNames {
  std::string table = "Ordertable";
  std::string stream = "Kinesis-sales-order";
  std::string pipe = "dynamo-cdc-to-kinesis";
  std::string function = "stream-transformation";
  std::string bucket = "sales-data-projection-outcome";
  std::string delivery = "kinesis-to-S3-delivery";
  std::string database = "sales-data-projection-db";
  std::string classifier = "json-classifier";
  std::string crawler = "sales-data-crawler";
  std::string results = "sales-data-projection-results";  // Bucket of query results.
};

struct PipelinePlan {
  PipelineNames names;
  bool built_in_transform = false;  // penstock-unmarshal instead of the Python function.
  std::int32_t shards = 1;
  std::int32_t buffer_seconds = 0;
  std::int32_t buffer_mb = 1;
};

// Makes what is absent, in the order of the flow. `step` is told the name of each thing when it is
// there.
protocol::ApiResult<void> make_pipeline(Session& session, const PipelinePlan& plan,
                                        std::function<void(const std::string&)> step);

// Runs the crawler and waits until it is done.
protocol::ApiResult<void> crawl(Session& session, const std::string& crawler);

}  // namespace penstock::cli
