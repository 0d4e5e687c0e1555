// Tags of a stream. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gen/firehose/shapes.h"
#include "protocol/api_error.h"

namespace penstock::firehose {

protocol::ApiResult<void> add_tags(std::map<std::string, std::string>& tags,
                                   const std::vector<api::Tag>& added);

}  // namespace penstock::firehose
