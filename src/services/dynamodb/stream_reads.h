// What the operations of DynamoDB Streams share.
#pragma once

#include <string>
#include <string_view>

#include "services/dynamodb/errors.h"
#include "services/dynamodb/registry.h"

namespace penstock::dynamodb {

struct Service;

bool is_stream_arn(std::string_view arn);
ApiResult<StreamPtr> look_up_stream(Service& service, const protocol::Context& context,
                                    const std::string& arn);

}  // namespace penstock::dynamodb
