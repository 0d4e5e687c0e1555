// Every operation of Lambda that is served. The table is in operations.cc.
#pragma once

#include "gen/lambda/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::lambda {

struct Service;
using protocol::Context;
using protocol::Reply;

// create_function.cc, update_function.cc
Reply<api::FunctionConfiguration> create_function(Service&, const Context&,
                                                  api::CreateFunctionRequest);
Reply<api::FunctionConfiguration> update_function_code(Service&, const Context&,
                                                       api::UpdateFunctionCodeRequest);
Reply<api::FunctionConfiguration> update_function_configuration(
    Service&, const Context&, api::UpdateFunctionConfigurationRequest);
// functions.cc
Reply<api::GetFunctionResponse> get_function(Service&, const Context&, api::GetFunctionRequest);
Reply<api::FunctionConfiguration> get_function_configuration(Service&, const Context&,
                                                             api::GetFunctionConfigurationRequest);
Reply<api::ListFunctionsResponse> list_functions(Service&, const Context&,
                                                 api::ListFunctionsRequest);
Reply<api::DeleteFunctionResponse> delete_function(Service&, const Context&,
                                                   api::DeleteFunctionRequest);
Reply<api::GetAccountSettingsResponse> get_account_settings(Service&, const Context&,
                                                            api::GetAccountSettingsRequest);
// versions.cc
Reply<api::FunctionConfiguration> publish_version(Service&, const Context&,
                                                  api::PublishVersionRequest);
Reply<api::ListVersionsByFunctionResponse> list_versions_by_function(
    Service&, const Context&, api::ListVersionsByFunctionRequest);
// invoke.cc
Reply<api::InvocationResponse> invoke(Service&, const Context&, api::InvocationRequest);
// reservations.cc
Reply<api::Concurrency> put_function_concurrency(Service&, const Context&,
                                                 api::PutFunctionConcurrencyRequest);
Reply<api::GetFunctionConcurrencyResponse> get_function_concurrency(
    Service&, const Context&, api::GetFunctionConcurrencyRequest);
Reply<api::DeleteFunctionConcurrencyOutput> delete_function_concurrency(
    Service&, const Context&, api::DeleteFunctionConcurrencyRequest);
// permissions.cc
Reply<api::AddPermissionResponse> add_permission(Service&, const Context&,
                                                 api::AddPermissionRequest);
Reply<api::RemovePermissionOutput> remove_permission(Service&, const Context&,
                                                     api::RemovePermissionRequest);
Reply<api::GetPolicyResponse> get_policy(Service&, const Context&, api::GetPolicyRequest);
// mapping_operations.cc
Reply<api::EventSourceMappingConfiguration> create_event_source_mapping(
    Service&, const Context&, api::CreateEventSourceMappingRequest);
Reply<api::EventSourceMappingConfiguration> get_event_source_mapping(
    Service&, const Context&, api::GetEventSourceMappingRequest);
Reply<api::ListEventSourceMappingsResponse> list_event_source_mappings(
    Service&, const Context&, api::ListEventSourceMappingsRequest);
Reply<api::EventSourceMappingConfiguration> update_event_source_mapping(
    Service&, const Context&, api::UpdateEventSourceMappingRequest);
Reply<api::EventSourceMappingConfiguration> delete_event_source_mapping(
    Service&, const Context&, api::DeleteEventSourceMappingRequest);
// tags.cc
Reply<api::TagResourceOutput> tag_resource(Service&, const Context&, api::TagResourceRequest);
Reply<api::UntagResourceOutput> untag_resource(Service&, const Context&, api::UntagResourceRequest);
Reply<api::ListTagsResponse> list_tags(Service&, const Context&, api::ListTagsRequest);

}  // namespace penstock::lambda
