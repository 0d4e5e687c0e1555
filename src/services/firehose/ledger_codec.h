// How entries of the delivery ledger are written: the only values of Firehose that grow with the
// number of records of a batch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "services/firehose/firehose.h"

namespace penstock::firehose {

std::string encode_ledger_entry(const LedgerEntry& entry);
// kCorrupt when the value is none.
Result<LedgerEntry> decode_ledger_entry(std::uint64_t number, std::string_view value);

}  // namespace penstock::firehose
