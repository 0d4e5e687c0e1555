// A thread that lists the bucket and samples what it finds.
#include "cli/freshness.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "base/ascii.h"
#include "gen/s3/client.h"
#include "protocol/inflate.h"

namespace penstock::cli {
namespace {

constexpr std::size_t kObjectBytesMax = 256 << 20;

// Objects of one second are named at random, and a batch is named when it is opened: an object may
// appear among names that were listed before, for as long as this.
constexpr std::chrono::seconds kLateNames{5};

// Appends the values of "ordered_at_ms" found in the lines. A deleted order says when it was
// written, which is not when the change was made: such lines do not count.
void collect_times(std::string_view text, std::vector<std::int64_t>& out) {
  constexpr std::string_view kField = "\"ordered_at_ms\":";
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t at = line.find(kField);
    if (at == std::string_view::npos || line.find("\"REMOVE\"") != std::string_view::npos) continue;
    line = trim(line.substr(at + kField.size()));
    std::int64_t value = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), value).ec == std::errc()) {
      out.push_back(value);
    }
  }
}

}  // namespace

double Freshness::percentile(double share) const {
  if (samples_.empty()) return 0;
  if (!sorted_) std::sort(samples_.begin(), samples_.end());
  sorted_ = true;
  const auto rank =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples_.size())));
  return samples_[std::min(samples_.size() - 1, rank == 0 ? 0 : rank - 1)];
}

struct FreshnessWatch::State {
  Session& session;
  const std::string bucket, prefix;
  SystemClock clock;
  mutable std::mutex mutex;
  Freshness freshness;                                     // Guarded by mutex.
  std::set<std::string> seen;                              // Of the names behind `floor`.
  std::string floor;                                       // Before it nothing new is expected.
  std::deque<std::pair<Timestamp, std::string>> greatest;  // What was the last name, and when.
  std::jthread thread;

  State(Session& s, std::string b, std::string p)
      : session(s), bucket(std::move(b)), prefix(std::move(p)) {}

  // Lets go of the names that no new one can come before.
  void advance(Timestamp now) {
    if (!seen.empty()) greatest.emplace_back(now, *seen.rbegin());
    while (!greatest.empty() && now - greatest.front().first > kLateNames) {
      floor = std::move(greatest.front().second);
      greatest.pop_front();
    }
    seen.erase(seen.begin(), seen.upper_bound(floor));
  }

  Task<protocol::ApiResult<void>> sample() {
    const s3::Client client = session.client<s3::Client>();
    const protocol::Context context = session.context();
    s3::api::ListObjectsV2Request list;
    list.bucket = bucket;
    list.prefix = prefix;
    if (!floor.empty()) list.start_after = floor;
    CO_TRY(auto page, co_await client.list_objects_v2(context, std::move(list)));
    const Timestamp now = clock.now();
    if (!page.contents) co_return protocol::ApiResult<void>();
    for (const s3::api::Object& object : *page.contents) {
      if (!seen.insert(object.key.value_or("")).second) continue;
      CO_TRY_VOID(co_await read(client, context, object.key.value_or(""), now));
    }
    advance(now);
    co_return protocol::ApiResult<void>();
  }

  Task<protocol::ApiResult<void>> read(const s3::Client& client, const protocol::Context& context,
                                       std::string key, Timestamp now) {
    s3::api::GetObjectRequest get;
    get.bucket = bucket;
    get.key = std::move(key);
    CO_TRY(auto reply, co_await client.get_object(context, std::move(get)));
    auto bytes = co_await reply.body.collect(kObjectBytesMax);
    if (bytes && bytes->starts_with("\x1f\x8b")) {
      bytes = protocol::inflate_bytes(*bytes, kObjectBytesMax);
    }
    if (!bytes) co_return protocol::ApiResult<void>();
    std::vector<std::int64_t> times;
    collect_times(*bytes, times);
    const std::scoped_lock lock(mutex);
    for (const std::int64_t millis : times) {
      freshness.add(static_cast<double>(now.millis() - millis) / 1000.0);
    }
    co_return protocol::ApiResult<void>();
  }
};

FreshnessWatch::FreshnessWatch(Session& session, std::string bucket, std::string prefix)
    : state_(std::make_unique<State>(session, std::move(bucket), std::move(prefix))) {
  state_->thread = std::jthread([state = state_.get()](std::stop_token stop) {
    while (!stop.stop_requested()) {
      (void)state->session.run(state->sample());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
}

FreshnessWatch::~FreshnessWatch() = default;

Freshness FreshnessWatch::freshness() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->freshness;
}

}  // namespace penstock::cli
