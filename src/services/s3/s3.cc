// Start and stop.
#include "services/s3/s3.h"

namespace penstock::s3 {

Service::Service(Dependencies dependencies)
    : deps(dependencies),
      objects(dependencies.store),
      object_turns(4096),
      upload_turns(1024),
      bucket_turns(256),
      reclaimer(std::make_shared<Reclaimer>(dependencies.runtime, dependencies.files)) {}

Status Service::start() {
  TRY_VOID(objects.scan_buckets([this](std::string name, BucketRecord record) {
    buckets.insert(std::move(name), std::move(record));
  }));
  return objects.sweep(deps.files);
}

void Service::stop() { reclaimer->drain(); }

}  // namespace penstock::s3
