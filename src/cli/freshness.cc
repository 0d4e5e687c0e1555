// A thread that lists the bucket and samples what it finds.
#include "cli/freshness.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <thread>

#include "gen/s3/client.h"
#include "protocol/inflate.h"

namespace penstock::cli {
namespace {

constexpr std::size_t kObjectBytesMax = 256 << 20;

// Appends the values of "ordered_at_ms" found in the text.
void collect_times(std::string_view text, std::vector<std::int64_t>& out) {
  constexpr std::string_view kField = "\"ordered_at_ms\":";
  for (std::size_t at = text.find(kField); at != std::string_view::npos;
       at = text.find(kField, at + 1)) {
    std::size_t from = at + kField.size();
    while (from < text.size() && text[from] == ' ') ++from;
    std::int64_t value = 0;
    if (std::from_chars(text.data() + from, text.data() + text.size(), value).ec == std::errc()) {
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
  Freshness freshness;  // Guarded by mutex.
  std::string last_key;
  std::jthread thread;

  State(Session& s, std::string b, std::string p)
      : session(s), bucket(std::move(b)), prefix(std::move(p)) {}

  Task<protocol::ApiResult<void>> sample() {
    const s3::Client client = session.client<s3::Client>();
    const protocol::Context context = session.context();
    s3::api::ListObjectsV2Request list;
    list.bucket = bucket;
    list.prefix = prefix;
    if (!last_key.empty()) list.start_after = last_key;
    CO_TRY(auto page, co_await client.list_objects_v2(context, std::move(list)));
    const Timestamp seen = clock.now();
    if (!page.contents) co_return protocol::ApiResult<void>();
    for (const s3::api::Object& object : *page.contents) {
      s3::api::GetObjectRequest get;
      get.bucket = bucket;
      get.key = object.key.value_or("");
      last_key = get.key;
      CO_TRY(auto reply, co_await client.get_object(context, std::move(get)));
      auto bytes = co_await reply.body.collect(kObjectBytesMax);
      if (!bytes) continue;
      if (bytes->starts_with("\x1f\x8b")) bytes = protocol::inflate_bytes(*bytes, kObjectBytesMax);
      if (!bytes) continue;
      std::vector<std::int64_t> times;
      collect_times(*bytes, times);
      const std::scoped_lock lock(mutex);
      for (const std::int64_t millis : times) {
        freshness.add(static_cast<double>(seen.millis() - millis) / 1000.0);
      }
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
