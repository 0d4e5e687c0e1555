// Time to live: which items have expired, and deleting them.
//
// While it is on, the store has an entry for each item that can expire, ordered by second
// (keys.h), written in the item's own batch. So finding what is due costs what is due, not what
// the table holds. Enabling it on a table with items adds the entries of those in the background.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {

// The first second at which the item is past its time to live; nullopt: never, as the attribute is
// missing or no number of seconds since 1970. Pure.
std::optional<std::uint64_t> expiry_of(const TimeToLive& ttl, const AttributeMap& item);
// Keeps the sequencer's hint from being later than `second`.
void note_expiry(Sequencer& sequencer, std::uint64_t second);

// Adds the entries of the items that are there, in the background. Also called at start for what
// was interrupted.
void start_expiry_backfill(Service& service, Place place, std::string table);

// Deletes all expired items of all tables, as of now. They are gone, durably, when it returns.
Task<Status> expire_items(Service& service);
// The same for tables whose hint says that something is due.
Task<Status> expire_due_items(Service& service);
// The runner: expires what is due until the service's gate closes.
Task<Status> keep_expiring(Service& service);

}  // namespace penstock::dynamodb
