// The errors of a source that are no more than a reason to open the shard again.
#include "stream/cursor.h"

#include "base/log.h"

namespace penstock::stream {
namespace {

using protocol::Reply;

constexpr std::string_view kTrimmed = "TrimmedDataAccessException";
constexpr std::string_view kExpired = "ExpiredIteratorException";

}  // namespace

ShardCursor::ShardCursor(Source& source, std::string reader, std::string shard, Position position,
                         std::string iterator)
    : source_(source),
      reader_(std::move(reader)),
      shard_(std::move(shard)),
      position_(std::move(position)),
      iterator_(std::move(iterator)) {}

void ShardCursor::seek(std::string after) {
  position_.sequence = std::move(after);
  iterator_.clear();
}

void ShardCursor::go_to_horizon(std::string_view why) {
  log::warning("stream", why, {{"reader", reader_}, {"shard", shard_}});
  position_.sequence.clear();
  position_.start = "TRIM_HORIZON";
  ++trims_;
}

Reply<void> ShardCursor::open() {
  skip_old_ = position_.start == "LATEST" && position_.sequence.empty();
  auto opened = co_await source_.open(shard_, position_);
  if (!opened && opened.error().code == kTrimmed) {
    go_to_horizon("records were trimmed before they were read");
    opened = co_await source_.open(shard_, position_);
  } else if (!opened && opened.error().code == "InvalidArgumentException" &&
             !position_.sequence.empty()) {
    // The stream was made again under its name: all of it is new.
    go_to_horizon("the source is another stream now");
    opened = co_await source_.open(shard_, position_);
  }
  if (!opened) co_return std::unexpected(std::move(opened).error());
  iterator_ = std::move(*opened);
  co_return {};
}

Reply<Pull> ShardCursor::pull(std::size_t records_max) {
  if (iterator_.empty()) CO_TRY_VOID(co_await open());
  auto page = co_await source_.read(shard_, iterator_, records_max);
  if (!page && page.error().code == kExpired) {
    CO_TRY_VOID(co_await open());
    page = co_await source_.read(shard_, iterator_, records_max);
  }
  if (!page) {
    iterator_.clear();
    if (page.error().code == kTrimmed) {
      go_to_horizon("records were trimmed before they were read");
    }
    co_return std::unexpected(std::move(page).error());
  }
  Pull pull;
  pull.millis_behind = page->millis_behind;
  pull.ended = !page->next.has_value();
  pull.idle = page->records.empty() && page->millis_behind == 0;
  iterator_ = std::move(page->next).value_or("");
  if (!page->records.empty()) position_.sequence = page->records.back().sequence;
  pull.records = std::move(page->records);
  keep_new(pull.records);
  co_return pull;
}

// Creation times are whole seconds: those of the second in which LATEST was decided are read, as
// AWS may do, too.
void ShardCursor::keep_new(std::vector<Record>& records) const {
  if (!skip_old_) return;
  std::erase_if(records, [this](const Record& record) {
    return record.created.seconds() < position_.anchor.seconds();
  });
}

}  // namespace penstock::stream
