// A function's package: a zip archive, checked and unpacked into a directory.
//
// The bytes come from a client and are not trusted. Refused are entries that would leave the
// directory (absolute names, "..", symbolic or hard links, devices), and archives with more entries
// or more unpacked bytes than Lambda allows: what is unpacked is counted, never believed. A refusal
// leaves nothing behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::lambda {

struct PackageLimits {
  std::uint64_t unpacked_bytes_max = 262'144'000;  // AWS's 250 MB.
  std::size_t entries_max = 50'000;
  std::size_t name_bytes_max = 1'024;
};

struct PackageSummary {
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
};

// True for a relative name without "..", empty parts in the middle, control bytes or backslashes.
bool is_safe_entry_name(std::string_view name, const PackageLimits& limits = {});

// Unpacks `zip` into `directory`, which is made and must not exist before. kInvalid when the
// archive is damaged or refused, kLimit when it is too large, kIo when the disk refuses. Blocks.
Result<PackageSummary> unpack_package(std::string_view zip, const std::string& directory,
                                      const PackageLimits& limits = {});

// The same reading without writing anything: what CreateFunction needs to know before it answers.
Result<PackageSummary> inspect_package(std::string_view zip, const PackageLimits& limits = {});

}  // namespace penstock::lambda
