// Parts of stored records: keys, and what a table holds of its settings since version 3.
#pragma once

#include "services/dynamodb/table.h"
#include "storage/key.h"

namespace penstock::dynamodb {

void write_keys(storage::ValueWriter& out, const KeySchema& keys);
KeySchema read_keys(storage::ValueReader& in);

void write_settings(storage::ValueWriter& out, const Table& table);
void read_settings(storage::ValueReader& in, Table& table);
// What older records do not say.
void complete_settings(Table& table);

}  // namespace penstock::dynamodb
