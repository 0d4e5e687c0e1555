// Backups as they are stored and shown. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// The numbers are stored.
enum class BackupType : std::uint8_t { kUser = 0, kSystem = 1 };

struct Backup {
  std::string id;  // <14 digits>-<8 hex digits>
  std::string name;
  BackupType type = BackupType::kUser;
  bool available = false;  // Else it is being made.
  Timestamp created;
  std::optional<Timestamp> expires;
  std::uint32_t number = 0;  // Names its items, which are stored like a table's.
  Contents contents;
  Table source;  // As the table was then.

  std::string arn() const;
};

std::string encode_backup(const Backup& backup);
Result<Backup> decode_backup(std::string_view bytes);
std::string make_backup_id(Timestamp created, std::uint64_t random);

api::BackupDetails describe_details(const Backup& backup);
api::BackupSummary describe_summary(const Backup& backup);
// `service` only for what DescribeTable shows as well.
api::BackupDescription describe_backup_of(const Service& service, const Backup& backup);

}  // namespace penstock::dynamodb
