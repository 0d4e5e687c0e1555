// Every operation of EventBridge Pipes that is served. The table is in operations.cc.
#pragma once

#include "gen/pipes/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::pipes {

struct Service;
using protocol::Context;
using protocol::Reply;

Reply<api::CreatePipeResponse> create_pipe(Service&, const Context&, api::CreatePipeRequest);
Reply<api::UpdatePipeResponse> update_pipe(Service&, const Context&, api::UpdatePipeRequest);
Reply<api::DeletePipeResponse> delete_pipe(Service&, const Context&, api::DeletePipeRequest);
Reply<api::StartPipeResponse> start_pipe(Service&, const Context&, api::StartPipeRequest);
Reply<api::StopPipeResponse> stop_pipe(Service&, const Context&, api::StopPipeRequest);
Reply<api::DescribePipeResponse> describe_pipe(Service&, const Context&, api::DescribePipeRequest);
Reply<api::ListPipesResponse> list_pipes(Service&, const Context&, api::ListPipesRequest);
Reply<api::TagResourceResponse> tag_resource(Service&, const Context&, api::TagResourceRequest);
Reply<api::UntagResourceResponse> untag_resource(Service&, const Context&,
                                                 api::UntagResourceRequest);
Reply<api::ListTagsForResourceResponse> list_tags_for_resource(Service&, const Context&,
                                                               api::ListTagsForResourceRequest);

}  // namespace penstock::pipes
