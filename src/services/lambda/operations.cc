// All that Lambda answers. What the model has beyond this table is refused by name.
#include "services/lambda/operations.h"

#include <array>

#include "gen/lambda/model.h"
#include "services/lambda/lambda.h"

namespace penstock::lambda {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::AddPermission, add_permission>(),
    operation<op::CreateEventSourceMapping, create_event_source_mapping>(),
    operation<op::CreateFunction, create_function>(),
    operation<op::DeleteEventSourceMapping, delete_event_source_mapping>(),
    operation<op::DeleteFunction, delete_function>(),
    operation<op::DeleteFunctionConcurrency, delete_function_concurrency>(),
    operation<op::GetAccountSettings, get_account_settings>(),
    operation<op::GetEventSourceMapping, get_event_source_mapping>(),
    operation<op::GetFunction, get_function>(),
    operation<op::GetFunctionConcurrency, get_function_concurrency>(),
    operation<op::GetFunctionConfiguration, get_function_configuration>(),
    operation<op::GetPolicy, get_policy>(),
    operation<op::Invoke, invoke>(),
    operation<op::ListEventSourceMappings, list_event_source_mappings>(),
    operation<op::ListFunctions, list_functions>(),
    operation<op::ListTags, list_tags>(),
    operation<op::ListVersionsByFunction, list_versions_by_function>(),
    operation<op::PublishVersion, publish_version>(),
    operation<op::PutFunctionConcurrency, put_function_concurrency>(),
    operation<op::RemovePermission, remove_permission>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::UntagResource, untag_resource>(),
    operation<op::UpdateEventSourceMapping, update_event_source_mapping>(),
    operation<op::UpdateFunctionCode, update_function_code>(),
    operation<op::UpdateFunctionConfiguration, update_function_configuration>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::lambda
