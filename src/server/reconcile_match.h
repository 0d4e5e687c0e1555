// Finding, in the bytes of an object, what the ledger says was written into it; and making sense of
// what is left over on both sides. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/reconcile.h"
#include "services/firehose/records.h"

namespace penstock::server {

// Bytes of an object that are no piece of it: up to a newline, or as far as nothing is recognised.
struct StrayBytes {
  std::size_t offset = 0, size = 0;
  std::size_t piece = 0;  // The piece that should have stood here (the number of pieces: the end).
};

struct ObjectMatch {
  std::vector<std::uint32_t> copies;  // Of each piece. One that is empty is always there.
  std::vector<std::size_t> offsets;   // Of the first copy of each piece that is there.
  std::vector<StrayBytes> strays;     // In order.
};

// Pieces may stand in any order; what is not at its place is searched for, line by line, or byte by
// byte where there are no lines. The search is bounded (limits::kReconcileSearchBytes); beyond it
// the rest of the object is stray.
ObjectMatch match_pieces(std::string_view content, const std::vector<firehose::Mark>& pieces);

// For each stray, the piece in whose place it stands: one that is missing, each at most once.
std::vector<std::optional<std::size_t>> pair_strays(const ObjectMatch& match);

// A piece that is in no object where it should be.
struct MissingPiece {
  std::uint32_t owner = 0;         // Report.
  const Change* change = nullptr;  // When it is known.
  std::string name;                // Of the change or record.
  std::string object;
  firehose::Mark mark;
  std::string detail;  // What is known of it, if nothing better is found.
};

// A stray of an object, with what it says.
struct StrayLine {
  std::string object;
  std::size_t offset = 0;
  firehose::Mark mark;
  const Change* change = nullptr;      // The change that it names, if any.
  std::string id;                      // As it names it.
  std::string excerpt;                 // For people.
  std::optional<std::size_t> missing;  // In whose place it stands.
};

// A record that has its piece, and something like it was found elsewhere.
struct KnownPiece {
  std::uint32_t owner = 0;
  std::string name;
  std::string object;
};
using FindPiece = std::function<std::optional<KnownPiece>(const firehose::Mark&)>;

// Brings the two together: moved, copied, altered; what is left is lost or foreign.
void settle_loose(std::vector<Report*>& reports, const std::vector<MissingPiece>& missing,
                  const std::vector<StrayLine>& strays, const FindPiece& find);

}  // namespace penstock::server
