// Changes of tables: how a new state of a table becomes durable and visible. The only place,
// besides write.cc, that submits anything for a table.
#pragma once

#include <string>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/errors.h"

namespace penstock::dynamodb {

// Gives the table a new stream that begins now, and adds it to `batch`.
StreamPtr open_stream(Service& service, Table& table, const std::string& view_type,
                      storage::Batch& batch);

// Closes the open shard of the table's stream and goes on in a child of it; shards past their
// retention are forgotten. Requires the table's control turn.
Task<Status> rotate_shard(Service& service, TablePtr current);

// Gives the table a journal that begins now, unless it has one. The numbers begin at 1.
void open_journal(Service& service, Table& table, storage::Batch& batch);
// Takes the table's journal away. Its records go with the next trim_journals(), as a restore may be
// reading them.
void close_journal(Table& table);

// Forgets when the table's items expire.
void erase_expiries(storage::Batch& batch, std::uint32_t table_number);

// Replaces the table by its next version (`next` has the fields changed; the version is set here).
// The stream that `next` no longer has is closed at the last sequence number. Requires the table's
// control turn. The result is durable.
Task<Status> change_table(Service& service, TablePtr current, Table next, storage::Batch batch,
                          StreamPtr opened);
// Removes the table, its items and index entries; its stream is closed. With point-in-time recovery
// its items become a backup of the system. Requires the control turn.
Task<Status> remove_table(Service& service, TablePtr current);

// What the other tables of its place have provisioned.
Throughput provisioned_by_others(Service& service, const Table& table);

// Loads everything. At start, before any request.
Status load(Service& service);

}  // namespace penstock::dynamodb
