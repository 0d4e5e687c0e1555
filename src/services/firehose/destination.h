// The destination of a stream: what a request may say, what Describe shows, and what delivery does.
//
// The description with all defaults filled in is the one form that is kept; Settings is what
// delivery needs of it, in its own terms.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "gen/firehose/shapes.h"
#include "protocol/api_error.h"
#include "services/firehose/compression.h"
#include "services/firehose/key_template.h"
#include "services/firehose/processing.h"

namespace penstock::firehose {

using Destination = api::ExtendedS3DestinationDescription;

struct Settings {
  std::string bucket;
  std::string role_arn;
  KeyTemplates keys;
  std::uint64_t buffer_bytes = 5 << 20;
  std::chrono::seconds interval{300};
  Compression compression = Compression::kUncompressed;
  std::string extension;
  Processing processing;
  bool logs_errors = false;
  std::string log_group, log_stream;
  std::string version;  // Of the stream, as object keys carry it.
};

// The legacy S3DestinationConfiguration means the same as an extended one with those members.
api::ExtendedS3DestinationConfiguration extended(api::S3DestinationConfiguration legacy);
api::ExtendedS3DestinationUpdate extended(api::S3DestinationUpdate legacy);

// `now` and `random` only serve to measure what the prefixes evaluate to.
protocol::ApiResult<Destination> make_destination(api::ExtendedS3DestinationConfiguration input,
                                                  Timestamp now, Random& random);
// Members that the update leaves out stay; ProcessingConfiguration is replaced as a whole.
protocol::ApiResult<Destination> updated(Destination before,
                                         api::ExtendedS3DestinationUpdate update, Timestamp now,
                                         Random& random);
// Describe shows an S3 destination in both forms.
api::S3DestinationDescription legacy_view(const Destination& destination);

protocol::ApiResult<Settings> settings_of(const Destination& destination, std::uint64_t version,
                                          Timestamp now, Random& random);

}  // namespace penstock::firehose
