// TableDescription as the control plane shows it. Pure.
#pragma once

#include <functional>
#include <string>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

struct DescriptionOptions {
  std::string status = "ACTIVE";
  bool with_warm_throughput = false;
  std::string warm_status = "ACTIVE";
  bool allocating = false;  // A new index is not filled yet: the reply that announces it.
};
api::TableDescription describe(const Service& service, const Table& table,
                               DescriptionOptions options);
// DeleteTable's reply says less.
api::TableDescription describe_deleted(const Service& service, const Table& table);

}  // namespace penstock::dynamodb
