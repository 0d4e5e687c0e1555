// Jobs: imports and exports, as they are remembered and described. A job outlives its table; ended
// ones are forgotten after 90 days, as on AWS.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/context.h"
#include "protocol/shape.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// What is stored of a job: its description as JSON, and the table as it is to be made (imports) or
// was when it was asked for (exports); of exports also the request, to compare later ones with.
struct StoredJob {
  Place place;
  std::string principal_arn;
  std::string description;
  std::string table;
  std::string request;
};
std::string encode_job(const StoredJob& job);
Result<StoredJob> decode_job(std::string_view bytes);

std::string description_json(const protocol::Shape& shape, const void* description);
Status read_description(const protocol::Shape& shape, std::string json, void* description);

template <typename Description>
struct Job {
  Place place;
  std::string principal_arn;  // On whose behalf S3 is called.
  std::string arn;
  Description description;
  Table table;
  std::string request;
  bool running = false;  // IN_PROGRESS

  std::string id() const { return arn.substr(arn.rfind('/') + 1); }
  protocol::Context context() const {
    protocol::Context context;
    context.account = place.account;
    context.region = place.region;
    context.principal_arn = principal_arn;
    return context;
  }
  StoredJob stored() const {
    return {place, principal_arn, description_json(Description::shape(), &description),
            encode_table(table), request};
  }
  static Result<Job> from(const StoredJob& stored) {
    Job job;
    job.place = stored.place;
    job.principal_arn = stored.principal_arn;
    TRY_VOID(read_description(Description::shape(), stored.description, &job.description));
    TRY(job.table, decode_table(stored.table));
    job.request = stored.request;
    return job;
  }
};

// The token of a further page: the last ARN shown as hex digits, padded to the length that the
// model of ListImports demands.
std::string make_job_token(std::string_view arn);
// nullopt: no such token was ever given.
std::optional<std::string> read_job_token(std::string_view token);

// The jobs of one kind by ARN, as immutable snapshots. Thread-safe.
template <typename Description>
class Jobs {
 public:
  using Pointer = std::shared_ptr<const Job<Description>>;

  void put(Pointer job) {
    const std::lock_guard lock(mutex_);
    jobs_[job->arn] = std::move(job);
  }
  void erase(const std::string& arn) {
    const std::lock_guard lock(mutex_);
    jobs_.erase(arn);
  }
  Pointer find(std::string_view arn) const {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(arn);
    return found != jobs_.end() ? found->second : nullptr;
  }
  // Those with an ARN after `after` that begins with `prefix`, in the order of their ARNs.
  std::vector<Pointer> list(std::string_view prefix, std::string_view after,
                            std::size_t limit) const {
    std::vector<Pointer> out;
    const std::lock_guard lock(mutex_);
    auto at = after < prefix ? jobs_.lower_bound(prefix) : jobs_.upper_bound(after);
    for (; at != jobs_.end() && out.size() < limit; ++at) {
      if (!at->first.starts_with(prefix)) break;
      out.push_back(at->second);
    }
    return out;
  }
  struct Page {
    std::vector<Pointer> jobs;
    std::optional<std::string> next_token;
  };
  // Of those of list(), the ones at that place.
  Page page(const Place& place, std::string_view prefix, std::string_view after,
            std::size_t limit) const {
    Page out{list(prefix, after, limit + 1), std::nullopt};
    if (out.jobs.size() > limit) {
      out.jobs.resize(limit);
      out.next_token = make_job_token(out.jobs.back()->arn);
    }
    std::erase_if(out.jobs, [&place](const Pointer& job) { return job->place != place; });
    return out;
  }
  template <typename Condition>
  std::vector<Pointer> select(Condition condition) const {
    std::vector<Pointer> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [arn, job] : jobs_) {
      if (condition(*job)) out.push_back(job);
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Pointer, std::less<>> jobs_;
};

// <14 digits of the time>-<8 hex digits>
std::string make_job_id(Timestamp now, std::uint64_t random);
// True for arn:aws:dynamodb:<region>:<account>:table/<name>/<kind>/<id> with a possible table name.
bool is_job_arn(std::string_view arn, std::string_view kind);

}  // namespace penstock::dynamodb
