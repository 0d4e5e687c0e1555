// ShardCursor: reading one shard onwards from a position, page by page, over expired iterators,
// trimmed records and the end of the shard.
//
// Used by one coroutine at a time. It keeps no records: whoever pulls holds them.
#pragma once

#include <string>
#include <vector>

#include "stream/source.h"

namespace penstock::stream {

struct Pull {
  std::vector<Record> records;
  bool ended = false;  // The shard is closed and this was the last of it.
  bool idle = false;   // There is nothing more now: wait until something arrives.
  std::int64_t millis_behind = 0;
};

class ShardCursor {
 public:
  // `iterator`: where to begin, when it is known; else the position says it. `reader` names it in
  // the log. The source must outlive the cursor.
  ShardCursor(Source& source, std::string reader, std::string shard, Position position,
              std::string iterator);

  // An error is the source's; the next pull goes on where this one could not.
  protocol::Reply<Pull> pull(std::size_t records_max);
  // Goes on after this sequence number; empty: where the position began.
  void seek(std::string after);
  // How often what was to be read next was trimmed away.
  std::uint64_t trims() const { return trims_; }

 private:
  protocol::Reply<void> open();
  void go_to_horizon(std::string_view why);
  void keep_new(std::vector<Record>& records) const;

  Source& source_;
  const std::string reader_;
  const std::string shard_;
  Position position_;      // sequence: the last one that was pulled.
  std::string iterator_;   // Empty: to be opened.
  bool skip_old_ = false;  // Reading again from the horizon for a LATEST decided earlier.
  std::uint64_t trims_ = 0;
};

}  // namespace penstock::stream
