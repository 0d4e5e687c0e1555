// Reading put records from the store, and erasing them with the checkpoint.
#include "services/firehose/direct_source.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "services/firehose/firehose.h"

namespace penstock::firehose {
namespace {

using protocol::Reply;

class DirectSource final : public Source {
 public:
  DirectSource(Service& service, LiveStream& stream)
      : service_(service), stream_(stream), key_(direct_key(stream.id())) {}

  std::uint64_t version() const override { return service_.notifier.version(key_); }
  Task<bool> wait_beyond(std::uint64_t seen, std::chrono::microseconds timeout,
                         std::stop_token stop) override {
    return service_.notifier.wait_beyond(key_, seen, timeout, stop);
  }
  void seek(std::string after) override { next_ = parse_direct_sequence(after).value_or(0) + 1; }

  Reply<SourcePage> read() override {
    SourcePage page;
    const std::uint64_t end = stream_.direct.durable_next.load();
    if (next_ >= end) co_return page;
    CO_TRY(page.records,
           co_await range(next_, end, limits::kFirehoseReadRecords, limits::kFirehoseReadBytes));
    // Numbers whose append was refused are missing; nothing durable is before `end`.
    next_ = page.records.empty() ? end
                                 : *parse_direct_sequence(page.records.back().sequence_number) + 1;
    co_return page;
  }

  Reply<std::vector<SourceRecord>> read_range(std::string from, std::string to) override {
    const std::uint64_t first = parse_direct_sequence(from).value_or(0);
    const std::uint64_t last = parse_direct_sequence(to).value_or(0);
    return range(first, last + 1, SIZE_MAX, SIZE_MAX);
  }

  void settle(storage::Batch& batch, const std::string& from, const std::string& to) override {
    erase_records(batch, stream_.id(), parse_direct_sequence(from).value_or(0),
                  parse_direct_sequence(to).value_or(0) + 1);
  }
  void settled(std::uint64_t bytes) override {
    std::uint64_t backlog = stream_.direct.backlog_bytes.load();
    while (!stream_.direct.backlog_bytes.compare_exchange_weak(
        backlog, backlog - std::min(backlog, bytes))) {
    }
  }

 private:
  Reply<std::vector<SourceRecord>> range(std::uint64_t first, std::uint64_t end,
                                         std::size_t records_max, std::size_t bytes_max) {
    const storage::Store* const store = &service_.deps.store;
    const std::uint64_t stream = stream_.id();
    Result<std::vector<SourceRecord>> read = co_await run_blocking(service_.deps.runtime, [=] {
      return read_records(*store, stream, first, end, records_max, bytes_max);
    });
    if (!read) co_return std::unexpected(std::move(read).error());
    co_return std::move(*read);
  }

  Service& service_;
  LiveStream& stream_;
  const std::string key_;
  std::uint64_t next_ = 1;
};

}  // namespace

std::string direct_key(std::uint64_t stream) { return fmt::format("put/{}", stream); }

std::unique_ptr<Source> make_direct_source(Service& service, LiveStream& stream) {
  return std::make_unique<DirectSource>(service, stream);
}

}  // namespace penstock::firehose
