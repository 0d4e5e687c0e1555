// clang-format off
// The key grammar of DynamoDB in the store.
//
//   kMeta     0x20 account region table          table            (table.h)
//   kMeta     0x21 account region table label    stream           (table.h)
//   kMeta     0x22                               the last number given to a table, index or stream
//   kMeta     0x23 stream-number                 the sequence through which the stream is trimmed
//   kMeta     0x24 account region token          a TransactWriteItems request that was carried out
//   kMeta     0x25 account region table id       a backup                         (backup.h)
//   kMeta     0x26 table-number                  a table that is being restored   (history.h)
//   kMeta     0x23 journal-number                the same for a journal
//   kMeta     0x2D account region table id       an import        (jobs.h)
//   kMeta     0x2E account region table id       an export        (jobs.h)
//   kMeta     0x2F table-number                  the table's Kinesis destinations (destination.h)
//   kPositions 0x2F destination-number           how far the destination has the journal
//   kItems    0x28 number hash32 hash range      an item of a table  (AttributeValue's stored form)
//   kItems    0x28 number hash32 hash... range... item-hash item-range  an index entry: the
//                                                projected item; up to four fields each
//   kItems    0x29 table-number second item-key      an item's expiry while time to live is on
//                                                (empty)
//   kChanges  0x2C stream-number sequence        a stream record  (change.h)
//   kChanges  0x2C journal-number sequence       a journal's record, in the same form
//
// hash32 spreads the partition keys, so that parallel scans can share the key space; within it keys
// are in order. A key value is its bytes for S and B and Number::append_key for N. What has no
// range key has one empty field in its place.
// clang-format on
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/attribute_value.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

std::string table_key(const Place& place, std::string_view table);
std::string stream_key(const Stream& stream);
std::string counter_key();
std::string trim_key(std::uint32_t stream_number);
std::string token_key(const Place& place, std::string_view token);
std::string backup_key(const Place& place, std::string_view table, std::string_view id);
std::string restore_key(std::uint32_t target_number);
std::string backups_prefix();
std::string restores_prefix();
// The tags of tables, streams and tokens, for loading them all.
std::string tables_prefix();
std::string streams_prefix();
std::string tokens_prefix();

std::string import_key(const Place& place, std::string_view table, std::string_view id);
std::string export_key(const Place& place, std::string_view table, std::string_view id);
std::string destinations_key(std::uint32_t table_number);
std::string destination_position_key(std::uint32_t destination_number);
std::string imports_prefix();
std::string exports_prefix();
std::string destinations_prefix();

// The key value as bytes whose order is the value's order. Requires S, N or B.
std::string key_bytes(const AttributeValue& value);
// Where a partition key lies in the key space.
std::uint32_t hash32_of(std::string_view hash_bytes);

// Everything of a table or index; begins with hash32 `from` when given.
std::string items_prefix(std::uint32_t number);
std::string items_from(std::uint32_t number, std::uint32_t hash32);
// Everything with this partition key; one value per hash attribute.
std::string partition_prefix(std::uint32_t number, std::span<const std::string> hash_bytes);
// A range key appended to a partition prefix: the whole field, or its beginning (for begins_with).
void append_range(std::string& prefix, std::string_view range_bytes);
void append_range_beginning(std::string& prefix, std::string_view range_bytes);

// The key of an item with these key attributes, all of which are present and of the right type. For
// an index, `item` also holds the table's keys.
std::string item_key(std::uint32_t number, const KeySchema& keys, const AttributeMap& item);
std::string index_entry_key(const Index& index, const KeySchema& table_keys,
                            const AttributeMap& item);

// An item that is past its time to live from this second on. `item_key` is its key in the store.
std::string expiry_key(std::uint32_t table_number, std::uint64_t second, std::string_view item_key);
std::string expiries_from(std::uint32_t table_number, std::uint64_t second);
std::string expiries_prefix(std::uint32_t table_number);
struct ExpiryEntry {
  std::uint64_t second = 0;
  std::string item_key;
};
std::optional<ExpiryEntry> decode_expiry_key(std::string_view key);

std::string change_key(std::uint32_t stream_number, std::uint64_t sequence);
std::string changes_prefix(std::uint32_t stream_number);
// The number of the stream or journal of a change's key.
std::optional<std::uint32_t> changes_number(std::string_view change_key);
// The sequence of a change's key.
std::optional<std::uint64_t> sequence_of(std::string_view change_key);

}  // namespace penstock::dynamodb
