// One delivery stream: its ledger beside the records of its source and the objects that it wrote.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "gen/s3/client.h"
#include "server/house.h"
#include "server/reconcile.h"
#include "server/reconcile_match.h"

namespace penstock::server {

// A record of the Kinesis stream: where it stands and which change it speaks of.
struct StreamRecord {
  std::string sequence_number;
  std::string change_id;  // Empty: it names none.
  const Change* change = nullptr;
  std::int64_t arrival_millis = 0;
};
using ShardRecords = std::map<std::string, std::vector<StreamRecord>>;  // In order.

// What the deliveries of one Kinesis stream have in common. All of it outlives the check.
struct DeliverySetting {
  House& house;
  const protocol::Context& context;
  ChangeBook& book;
  const ShardRecords& records;
  std::vector<Report*> reports;  // By owner.
};

class DeliveryCheck {
 public:
  // Entries of the ledger beyond `ledger_end` are left out: they are newer than the rest.
  DeliveryCheck(const DeliverySetting& setting, const firehose::StreamConfig& config,
                std::uint64_t ledger_end);
  Task<Status> run();

 private:
  // The records of a batch: those that are still in the stream, at their place in the batch.
  using Members = std::vector<const StreamRecord*>;
  // A piece of an object: which record of the batch it is of.
  struct ObjectPieces {
    std::string object;
    std::vector<std::size_t> indices;
    std::vector<firehose::Mark> marks;
    bool errors = false;
  };

  Task<Status> check_entry(const firehose::LedgerEntry& entry);
  Task<void> check_object(const firehose::LedgerEntry& entry, const Members& members,
                          std::string key, const ObjectPieces& pieces);
  Task<void> check_by_number(const firehose::LedgerEntry& entry, const Members& members);
  void settle_object(const firehose::LedgerEntry& entry, const Members& members,
                     const ObjectPieces& pieces, const std::string& content,
                     const ObjectMatch& match);
  void settle_copies(const firehose::LedgerEntry& entry, const Members& members,
                     const ObjectPieces& pieces, const std::string& content,
                     const ObjectMatch& match);
  Task<Result<std::string>> read_object(std::string bucket, std::string key,
                                        firehose::Compression compression);
  Members take_members(const firehose::LedgerEntry& entry);
  Members members_of(const firehose::LedgerEntry& entry) const;
  Status copies_of_strays();
  void check_rest();

  Report& report_of(const StreamRecord* record);
  std::uint32_t owner_of(const StreamRecord* record) const;
  static std::string name_of(const firehose::LedgerEntry& entry, const StreamRecord* record,
                             std::size_t index);
  void add_missing(const firehose::LedgerEntry& entry, const StreamRecord* record,
                   std::size_t index, const std::string& object, std::string detail);

  const DeliverySetting& setting_;
  const firehose::StreamConfig& config_;
  const std::uint64_t ledger_end_;
  const s3::Client s3_;
  std::map<std::string, std::size_t> reached_;  // By shard: records below are in an entry.
  std::vector<MissingPiece> missing_;
  std::vector<StrayLine> strays_;
  std::unordered_map<std::uint64_t, KnownPiece> known_;  // Of the marks of strays.
};

}  // namespace penstock::server
