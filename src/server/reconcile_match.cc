// Matching by length and CRC-32. An object as it was written is recognised in one pass; the search
// begins where it differs.
#include "server/reconcile_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "server/reconcile_limits.h"

namespace penstock::server {
namespace {

using firehose::Mark;

constexpr std::uint32_t kShortestInside = 8;

std::uint64_t key_of(const Mark& mark) { return std::uint64_t{mark.bytes} << 32 | mark.crc; }

class PieceSearch {
 public:
  PieceSearch(std::string_view content, const std::vector<Mark>& pieces)
      : content_(content), pieces_(pieces) {
    match_.copies.assign(pieces.size(), 0);
    match_.offsets.assign(pieces.size(), 0);
  }

  ObjectMatch run() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].bytes == 0) match_.copies[i] = 1;
    }
    end_ = content_.size();
    follow();
    if (at_ == end_) return std::move(match_);
    index(1);
    search(true);
    if (!match_.strays.empty() && std::ranges::count(match_.copies, 0U) > 0) search_strays();
    return std::move(match_);
  }

 private:
  // As long as each piece stands where it was written.
  void follow() {
    while (next_ < pieces_.size()) {
      if (match_.copies[next_] == 0) {
        if (!is_at(pieces_[next_], at_)) return;
        take(next_);
      }
      ++next_;
    }
  }

  bool is_at(const Mark& mark, std::size_t at) {
    if (mark.bytes > end_ - at) return false;
    hashed_ += mark.bytes;
    return crc32(content_.substr(at, mark.bytes)) == mark.crc;
  }

  void take(std::size_t piece) {
    flush(at_);
    if (match_.copies[piece]++ == 0) match_.offsets[piece] = at_;
    at_ += pieces_[piece].bytes;
    stray_from_ = at_;
  }

  void index(std::uint32_t shortest) {
    index_.clear();
    lengths_.clear();
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].bytes < shortest) continue;
      index_[key_of(pieces_[i])].push_back(i);
      lengths_.push_back(pieces_[i].bytes);
    }
    std::ranges::sort(lengths_, std::greater<>());
    const auto twice = std::ranges::unique(lengths_);
    lengths_.erase(twice.begin(), twice.end());
  }

  // From at_ to end_: pieces begin after a newline, or anywhere.
  void search(bool by_lines) {
    while (at_ < end_) {
      if (!take_any()) skip(by_lines);
      follow();
    }
    flush(at_);
  }

  // Pieces that do not begin after a newline: what was passed over is looked at byte by byte. Very
  // short pieces are left out, they would be found in anything.
  void search_strays() {
    std::vector<StrayBytes> regions;
    for (const StrayBytes& stray : match_.strays) {
      if (!regions.empty() && regions.back().offset + regions.back().size == stray.offset) {
        regions.back().size += stray.size;
      } else {
        regions.push_back(stray);
      }
    }
    match_.strays.clear();
    index(kShortestInside);
    for (const StrayBytes& region : regions) {
      at_ = stray_from_ = region.offset;
      end_ = region.offset + region.size;
      next_ = region.piece;
      search(false);
    }
  }

  // Any piece that stands here, the longest first.
  bool take_any() {
    if (hashed_ > limits::kReconcileSearchBytes) return false;
    for (const std::uint32_t length : lengths_) {
      if (length > end_ - at_) continue;
      hashed_ += length;
      const auto found = index_.find(key_of({length, crc32(content_.substr(at_, length))}));
      if (found == index_.end()) continue;
      const std::size_t piece = best_of(found->second);
      const bool fresh = match_.copies[piece] == 0;
      take(piece);
      if (fresh) next_ = piece + 1;
      return true;
    }
    return false;
  }

  // Of pieces with equal bytes: the next that is missing, else any that is missing, else the first.
  std::size_t best_of(const std::vector<std::size_t>& pieces) const {
    std::optional<std::size_t> missing;
    for (const std::size_t piece : pieces) {
      if (match_.copies[piece] != 0) continue;
      if (piece >= next_) return piece;
      if (!missing) missing = piece;
    }
    return missing.value_or(pieces.front());
  }

  void skip(bool by_lines) {
    if (hashed_ > limits::kReconcileSearchBytes) {
      at_ = end_;
    } else if (!by_lines) {
      ++at_;
    } else {
      const std::size_t newline = content_.find('\n', at_);
      at_ = std::min(end_, newline == content_.npos ? end_ : newline + 1);
    }
  }

  // What was passed since the last piece is stray, line by line.
  void flush(std::size_t end) {
    while (stray_from_ < end) {
      const std::size_t newline = content_.find('\n', stray_from_);
      const std::size_t to = newline < end ? newline + 1 : end;
      match_.strays.push_back({stray_from_, to - stray_from_, next_});
      stray_from_ = to;
    }
  }

  const std::string_view content_;
  const std::vector<Mark>& pieces_;
  ObjectMatch match_;
  std::size_t at_ = 0, end_ = 0, next_ = 0, stray_from_ = 0;
  std::uint64_t hashed_ = 0;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> index_;
  std::vector<std::uint32_t> lengths_;
};

}  // namespace

ObjectMatch match_pieces(std::string_view content, const std::vector<Mark>& pieces) {
  return PieceSearch(content, pieces).run();
}

std::vector<std::optional<std::size_t>> pair_strays(const ObjectMatch& match) {
  std::vector<std::optional<std::size_t>> pairs;
  std::size_t free = 0;  // Pieces below are paired or passed.
  for (const StrayBytes& stray : match.strays) {
    std::size_t piece = std::max(free, stray.piece);
    auto& pair = pairs.emplace_back();
    if (piece < match.copies.size() && match.copies[piece] == 0) {
      pair = piece;
      free = piece + 1;
    }
  }
  return pairs;
}

namespace {

class LooseEnds {
 public:
  LooseEnds(std::vector<Report*>& reports, const std::vector<MissingPiece>& missing,
            const std::vector<StrayLine>& strays, const FindPiece& find)
      : reports_(reports),
        missing_(missing),
        strays_(strays),
        find_(find),
        settled_(missing.size(), false),
        placed_(strays.size(), false) {}

  void run() {
    moved();
    copied();
    altered();
    for (std::size_t i = 0; i < strays_.size(); ++i) {
      if (!placed_[i]) foreign(strays_[i]);
    }
    for (std::size_t i = 0; i < missing_.size(); ++i) {
      const MissingPiece& piece = missing_[i];
      if (!settled_[i]) {
        report(piece.owner).add({Fault::kLost, piece.name, piece.object, piece.detail});
      }
    }
  }

 private:
  Report& report(std::uint32_t owner) { return *reports_[owner < reports_.size() ? owner : 0]; }
  static std::string place_of(const StrayLine& line) {
    return fmt::format("{} at byte {}", line.object, line.offset);
  }
  void settle(std::size_t piece, std::size_t stray) {
    settled_[piece] = true;
    placed_[stray] = true;
  }

  // The same bytes in another object.
  void moved() {
    std::unordered_multimap<std::uint64_t, std::size_t> by_mark;
    for (std::size_t i = missing_.size(); i-- > 0;) {
      if (missing_[i].mark.bytes > 0) by_mark.emplace(key_of(missing_[i].mark), i);
    }
    for (std::size_t i = 0; i < strays_.size(); ++i) {
      const auto found = by_mark.find(key_of(strays_[i].mark));
      if (found == by_mark.end()) continue;
      const MissingPiece& piece = missing_[found->second];
      settle(found->second, i);
      by_mark.erase(found);
      report(piece.owner)
          .add({Fault::kMisplaced, piece.name, place_of(strays_[i]),
                fmt::format("its line belongs into {}", piece.object)});
    }
  }

  // The bytes of a record that has its line elsewhere.
  void copied() {
    for (std::size_t i = 0; i < strays_.size(); ++i) {
      if (placed_[i]) continue;
      const std::optional<KnownPiece> known = find_(strays_[i].mark);
      if (!known) continue;
      placed_[i] = true;
      report(known->owner)
          .add({Fault::kDuplicate, known->name, place_of(strays_[i]),
                fmt::format("a further copy of the line in {}", known->object)});
    }
  }

  void altered() {
    std::unordered_multimap<const Change*, std::size_t> by_change;
    for (std::size_t i = 0; i < missing_.size(); ++i) {
      if (!settled_[i] && missing_[i].change != nullptr) by_change.emplace(missing_[i].change, i);
    }
    for (std::size_t i = 0; i < strays_.size(); ++i) {
      const StrayLine& line = strays_[i];
      if (placed_[i] || line.change == nullptr) continue;
      const auto [first, last] = by_change.equal_range(line.change);
      for (auto it = first; it != last && !placed_[i]; ++it) {
        const MissingPiece& piece = missing_[it->second];
        if (!settled_[it->second] && piece.object == line.object) alter(it->second, i);
      }
    }
    for (std::size_t i = 0; i < strays_.size(); ++i) {
      const auto piece = strays_[i].missing;
      if (placed_[i] || !piece || settled_[*piece]) continue;
      if (names_another(strays_[i], missing_[*piece])) continue;
      alter(*piece, i);
    }
  }

  // A line that names another change is that one's, not what became of its neighbour. Sequence
  // numbers of two tables may be the same.
  static bool names_another(const StrayLine& line, const MissingPiece& piece) {
    if (line.change == nullptr) return false;
    return piece.change == nullptr || line.id != piece.change->sequence_number;
  }

  void alter(std::size_t piece, std::size_t stray) {
    settle(piece, stray);
    const MissingPiece& was = missing_[piece];
    report(was.owner).add(
        {Fault::kAltered, was.name, place_of(strays_[stray]),
         fmt::format("{} bytes with CRC {:08x} were written, {} with {:08x} are there: {}",
                     was.mark.bytes, was.mark.crc, strays_[stray].mark.bytes,
                     strays_[stray].mark.crc, strays_[stray].excerpt)});
  }

  void foreign(const StrayLine& line) {
    if (line.change != nullptr) {
      report(line.change->owner)
          .add({Fault::kDuplicate, line.change->event_id, place_of(line),
                fmt::format("a further line that names this change: {}", line.excerpt)});
      return;
    }
    report(0).add({Fault::kForeign, line.id.empty() ? "(none)" : line.id, place_of(line),
                   fmt::format("{} bytes of no record: {}", line.mark.bytes, line.excerpt)});
  }

  std::vector<Report*>& reports_;
  const std::vector<MissingPiece>& missing_;
  const std::vector<StrayLine>& strays_;
  const FindPiece& find_;
  std::vector<bool> settled_, placed_;
};

}  // namespace

void settle_loose(std::vector<Report*>& reports, const std::vector<MissingPiece>& missing,
                  const std::vector<StrayLine>& strays, const FindPiece& find) {
  LooseEnds(reports, missing, strays, find).run();
}

}  // namespace penstock::server
