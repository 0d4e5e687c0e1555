// Ledger entries. Version 1 knows numbers only; version 2 adds the compression and the fates:
//
//   runs of equal fates (how many runs; each: fate + 4 × error object, how many records)
//   for each delivered or failed record its number of bytes
//   one text with four bytes for each of these: the CRC-32, low byte first
#include "services/firehose/ledger_codec.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "storage/key.h"

namespace penstock::firehose {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kLedgerVersion = 2;
constexpr std::uint64_t kFateBits = 2;

bool has_mark(Fate fate) { return fate == Fate::kDelivered || fate == Fate::kFailed; }

std::uint64_t kind_of(const RecordFate& fate) {
  return static_cast<std::uint64_t>(fate.fate) | std::uint64_t{fate.error_object} << kFateBits;
}

void write_fates(ValueWriter& writer, const std::vector<RecordFate>& fates) {
  struct Run {
    std::uint64_t kind = 0, length = 0;
  };
  std::vector<Run> runs;
  std::string crcs;
  for (const RecordFate& fate : fates) {
    if (runs.empty() || runs.back().kind != kind_of(fate)) runs.push_back({kind_of(fate), 0});
    ++runs.back().length;
    if (!has_mark(fate.fate)) continue;
    for (int shift = 0; shift < 32; shift += 8) crcs += static_cast<char>(fate.mark.crc >> shift);
  }
  writer.u64(runs.size());
  for (const Run& run : runs) writer.u64(run.kind).u64(run.length);
  for (const RecordFate& fate : fates) {
    if (has_mark(fate.fate)) writer.u64(fate.mark.bytes);
  }
  writer.text(crcs);
}

// False when the fates are not those of `records` records.
bool read_fates(ValueReader& reader, std::uint64_t records, std::vector<RecordFate>& fates) {
  if (records > limits::kFirehoseBatchRecordsMax) return false;
  const std::uint64_t runs = reader.u64();
  for (std::uint64_t i = 0; i < runs && reader.ok(); ++i) {
    const std::uint64_t kind = reader.u64();
    const std::uint64_t length = reader.u64();
    if (length > records - fates.size() || kind >> kFateBits > UINT16_MAX) return false;
    RecordFate fate;
    fate.fate = static_cast<Fate>(kind & ((1 << kFateBits) - 1));
    fate.error_object = static_cast<std::uint16_t>(kind >> kFateBits);
    fates.insert(fates.end(), length, fate);
  }
  if (fates.size() != records) return false;
  std::size_t marks = 0;
  for (RecordFate& fate : fates) {
    if (!has_mark(fate.fate)) continue;
    fate.mark.bytes = static_cast<std::uint32_t>(reader.u64());
    ++marks;
  }
  const std::string_view crcs = reader.text();
  if (!reader.ok() || crcs.size() != marks * 4) return false;
  std::size_t at = 0;
  for (RecordFate& fate : fates) {
    if (!has_mark(fate.fate)) continue;
    for (int shift = 0; shift < 32; shift += 8) {
      fate.mark.crc |= std::uint32_t{static_cast<std::uint8_t>(crcs[at++])} << shift;
    }
  }
  return true;
}

}  // namespace

Mark mark_of(std::string_view written) {
  return {static_cast<std::uint32_t>(written.size()), crc32(written)};
}

std::string encode_ledger_entry(const LedgerEntry& e) {
  ValueWriter writer(kLedgerVersion);
  writer.text(e.shard).text(e.from).text(e.to);
  for (const std::uint64_t n : {e.records, e.bytes, e.delivered, e.dropped, e.failed, e.lost}) {
    writer.u64(n);
  }
  writer.text(e.bucket).text(e.key).u64(e.content_bytes).u64(e.object_bytes);
  writer.i64(e.oldest_millis).i64(e.newest_millis).i64(e.settled_millis).u64(e.errors.size());
  for (const LedgerEntry::ErrorObject& object : e.errors) {
    writer.text(object.key).u64(object.records).u64(object.bytes);
  }
  writer.u64(static_cast<std::uint64_t>(e.compression));
  write_fates(writer, e.fates);
  return writer.take();
}

Result<LedgerEntry> decode_ledger_entry(std::uint64_t number, std::string_view value) {
  ValueReader reader(value);
  const auto corrupt = fail(ErrorKind::kCorrupt, "stored ledger entry of Firehose is not readable");
  const std::uint8_t version = reader.version().value_or(0);
  if (version != 1 && version != kLedgerVersion) return corrupt;
  LedgerEntry e;
  e.number = number;
  e.shard = reader.text();
  e.from = reader.text();
  e.to = reader.text();
  for (std::uint64_t* n : {&e.records, &e.bytes, &e.delivered, &e.dropped, &e.failed, &e.lost}) {
    *n = reader.u64();
  }
  e.bucket = reader.text();
  e.key = reader.text();
  e.content_bytes = reader.u64();
  e.object_bytes = reader.u64();
  e.oldest_millis = reader.i64();
  e.newest_millis = reader.i64();
  e.settled_millis = reader.i64();
  const std::uint64_t errors = reader.u64();
  for (std::uint64_t i = 0; i < errors && reader.ok(); ++i) {
    LedgerEntry::ErrorObject& object = e.errors.emplace_back();
    object.key = reader.text();
    object.records = reader.u64();
    object.bytes = reader.u64();
  }
  if (version >= 2) {
    const std::uint64_t compression = reader.u64();
    if (compression > static_cast<std::uint64_t>(Compression::kHadoopSnappy)) return corrupt;
    e.compression = static_cast<Compression>(compression);
    if (!read_fates(reader, e.records, e.fates)) return corrupt;
  }
  if (!reader.done()) return corrupt;
  return e;
}

}  // namespace penstock::firehose
