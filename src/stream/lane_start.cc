// Submitting without waiting: a store that does not take a batch says so at once.
#include "stream/lane_start.h"

namespace penstock::stream {

Status submit_now(storage::Store& store, storage::Batch batch) {
  auto awaiter = store.submit(std::move(batch)).durable();
  return awaiter.await_ready() ? awaiter.await_resume() : Status();
}

}  // namespace penstock::stream
