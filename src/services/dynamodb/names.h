// From what a request calls a table to the table.
#pragma once

#include <string>
#include <string_view>

#include "protocol/context.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/registry.h"

namespace penstock::dynamodb {

struct Service;
struct TableWrite;

// The name in a TableName parameter, which may also be the ARN of a table.
ApiResult<std::string> resolve_table_name(const protocol::Context& context, std::string_view name);
// What can be said about a TableName before anything else of the request is looked at.
ApiResult<void> check_table_name(std::string_view name);
// For the data plane: ResourceNotFoundException without the name.
ApiResult<TablePtr> look_up_table(Service& service, const protocol::Context& context,
                                  std::string_view name);
ApiResult<TableWrite> look_up_for_write(Service& service, const protocol::Context& context,
                                        std::string_view name);
// For the control plane: the message names the table.
ApiResult<TablePtr> look_up_table_by_name(Service& service, const protocol::Context& context,
                                          std::string_view name);
// For the tag operations: the ARN of a table.
ApiResult<TablePtr> look_up_table_by_arn(Service& service, const protocol::Context& context,
                                         std::string_view arn);

}  // namespace penstock::dynamodb
