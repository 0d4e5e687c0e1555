// All that Pipes answers. What the model has beyond this table is refused by name.
#include "services/pipes/operations.h"

#include <array>

#include "gen/pipes/model.h"
#include "services/pipes/pipes.h"

namespace penstock::pipes {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::CreatePipe, create_pipe>(),
    operation<op::DeletePipe, delete_pipe>(),
    operation<op::DescribePipe, describe_pipe>(),
    operation<op::ListPipes, list_pipes>(),
    operation<op::ListTagsForResource, list_tags_for_resource>(),
    operation<op::StartPipe, start_pipe>(),
    operation<op::StopPipe, stop_pipe>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::UntagResource, untag_resource>(),
    operation<op::UpdatePipe, update_pipe>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::pipes
