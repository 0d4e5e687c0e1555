// Every operation of Firehose that is served. The table is in operations.cc.
#pragma once

#include "gen/firehose/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::firehose {

struct Service;
using protocol::Context;
using protocol::Reply;

// create_delivery_stream.cc, delete_delivery_stream.cc, update_destination.cc
Reply<api::CreateDeliveryStreamOutput> create_delivery_stream(Service&, const Context&,
                                                              api::CreateDeliveryStreamInput);
Reply<api::DeleteDeliveryStreamOutput> delete_delivery_stream(Service&, const Context&,
                                                              api::DeleteDeliveryStreamInput);
Reply<api::UpdateDestinationOutput> update_destination(Service&, const Context&,
                                                       api::UpdateDestinationInput);
// describe.cc
Reply<api::DescribeDeliveryStreamOutput> describe_delivery_stream(Service&, const Context&,
                                                                  api::DescribeDeliveryStreamInput);
Reply<api::ListDeliveryStreamsOutput> list_delivery_streams(Service&, const Context&,
                                                            api::ListDeliveryStreamsInput);
// put_records.cc
Reply<api::PutRecordOutput> put_record(Service&, const Context&, api::PutRecordInput);
Reply<api::PutRecordBatchOutput> put_record_batch(Service&, const Context&,
                                                  api::PutRecordBatchInput);
// tags.cc
Reply<api::TagDeliveryStreamOutput> tag_delivery_stream(Service&, const Context&,
                                                        api::TagDeliveryStreamInput);
Reply<api::UntagDeliveryStreamOutput> untag_delivery_stream(Service&, const Context&,
                                                            api::UntagDeliveryStreamInput);
Reply<api::ListTagsForDeliveryStreamOutput> list_tags_for_delivery_stream(
    Service&, const Context&, api::ListTagsForDeliveryStreamInput);

}  // namespace penstock::firehose
