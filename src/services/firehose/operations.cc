// All that Firehose answers. What the model has beyond this table is refused by name.
#include "services/firehose/operations.h"

#include <array>

#include "gen/firehose/model.h"
#include "services/firehose/firehose.h"

namespace penstock::firehose {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::CreateDeliveryStream, create_delivery_stream>(),
    operation<op::DeleteDeliveryStream, delete_delivery_stream>(),
    operation<op::DescribeDeliveryStream, describe_delivery_stream>(),
    operation<op::ListDeliveryStreams, list_delivery_streams>(),
    operation<op::ListTagsForDeliveryStream, list_tags_for_delivery_stream>(),
    operation<op::PutRecord, put_record>(),
    operation<op::PutRecordBatch, put_record_batch>(),
    operation<op::TagDeliveryStream, tag_delivery_stream>(),
    operation<op::UntagDeliveryStream, untag_delivery_stream>(),
    operation<op::UpdateDestination, update_destination>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::firehose
