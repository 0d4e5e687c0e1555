// The facade of S3: state, start and stop, and what a push needs beyond the AWS API.
//
//   s3::Service service({store, files, runtime, clock, random});
//   TRY_VOID(service.start());            // Loads the buckets, sweeps; from an ordinary thread.
//   caller.bind(s3::binding(service));
//   ...
//   service.stop();                       // From an ordinary thread, after the last request.
//
// Bucket names are global to the server; every bucket has one owner account and one region, and is
// served to its owner whatever region a request was signed for.
#pragma once

#include <functional>
#include <memory>

#include "async/notifier.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/operation.h"
#include "services/s3/reclaimer.h"
#include "services/s3/registry.h"
#include "services/s3/store.h"

namespace penstock::s3 {

namespace api {
struct PutObjectRequest;
struct PutObjectOutput;
}  // namespace api

struct Dependencies {
  storage::Store& store;
  storage::BlobFiles& files;  // For S3 alone: start() removes what no object refers to.
  Runtime& runtime;
  Clock& clock;
  Random& random;
};

struct Service {
  explicit Service(Dependencies dependencies);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Dependencies deps;
  ObjectStore objects;
  Registry buckets;
  Turns object_turns;  // By bucket and key. Taken after an upload turn, never before.
  Turns upload_turns;  // By upload id.
  Turns bucket_turns;  // By bucket name.
  Notifier notifier;   // Keyed by bucket name; signalled when a new object is durable.
  std::shared_ptr<Reclaimer> reclaimer;
};

protocol::ServiceBinding binding(Service& service);

// PutObject, and `extra` in the same commit: both are durable or neither is. Firehose writes an
// object and its own checkpoint this way, so that a batch is delivered once. A refusal means:
// nothing was written.
protocol::Reply<api::PutObjectOutput> put_with(Service& service, const protocol::Context& context,
                                               api::PutObjectRequest input, storage::Batch extra);

}  // namespace penstock::s3
