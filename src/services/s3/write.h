// Writing: how every change of an object gets from a decision to a durable commit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol/api_error.h"
#include "services/s3/conditions.h"
#include "services/s3/intake.h"
#include "services/s3/registry.h"
#include "services/s3/store.h"

namespace penstock::s3 {

struct Service;

// A submitted change: its order is fixed, its durability is still to be awaited.
struct Submitted {
  storage::Commit commit;
  Registry::Writing writing;
  std::vector<std::string> unused_files;
};

// Requires the turn of what the change is about. Refused when the bucket is being deleted.
protocol::ApiResult<Submitted> submit_change(Service& service, const BucketRef& bucket,
                                             Change change);

// Waits until it is durable; only then the files it made unused may go.
protocol::Reply<void> settle(Service& service, Submitted submitted);

// One object to be put in place of what stands at its key.
struct ObjectWrite {
  BucketRef bucket;
  std::string key;
  ObjectRecord record;  // `modified` is set when the order is known.
  Change change;        // What else belongs to the commit: the new pieces, the upload's end, …
  WriteConditions conditions;
  // A further look at the current object (nullptr: none), under the turn. May be empty.
  std::function<protocol::ApiResult<void>(const ObjectRecord* current)> admit;
  NewFiles new_files;
};

// Takes the object's turn, tests the conditions, commits, and notifies. The value: when it was
// modified.
protocol::Reply<Timestamp> write_object(Service& service, ObjectWrite write);

std::uint64_t object_turn_key(const Bucket& bucket, std::string_view key);

// Removes what stands at the key; nullopt when nothing did. Requires no turn.
protocol::Reply<std::optional<Submitted>> submit_delete(Service& service, BucketRef bucket,
                                                        std::string key,
                                                        std::optional<std::string> if_match);

}  // namespace penstock::s3
