// Values are a version byte and AWS shapes as JSON, so that their stored form follows the model.
#include "services/athena/store.h"

#include <algorithm>

#include "gen/athena/model.h"
#include "protocol/json_codec.h"
#include "storage/key.h"

namespace penstock::athena {
namespace {

using storage::Batch;
using storage::Family;
using storage::KeyReader;
using storage::KeyWriter;
using storage::Next;
using storage::Store;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kExecution = 0x90, kOrder = 0x91, kToken = 0x92, kWorkgroup = 0x93,
                       kNamedQuery = 0x94, kPrepared = 0x95, kTags = 0x96;

std::unexpected<Error> corrupt() { return fail(ErrorKind::kCorrupt, "a stored Athena object"); }

KeyWriter key(std::uint8_t tag, const Place& place) {
  KeyWriter writer(tag);
  writer.text(place.account).text(place.region);
  return writer;
}

template <typename T>
std::string json_of(const T& value) {
  std::string json;
  protocol::encode_json(T::shape(), &value, json);
  return json;
}

template <typename T>
Status from_json(std::string_view json, T& value) {
  protocol::Missing missing;
  const auto decoded =
      protocol::decode_json(kServiceInfo, T::shape(), std::string(json), &value, missing);
  if (!decoded || !missing.paths.empty()) return corrupt();
  return {};
}

template <typename T>
std::string encode(const T& value) {
  return ValueWriter(kFormat).raw(json_of(value)).take();
}

template <typename T>
Status decode(std::string_view bytes, T& value) {
  ValueReader reader(bytes);
  if (reader.version() != kFormat) return corrupt();
  return from_json(reader.raw(), value);
}

std::string encode(const Execution& execution) {
  return ValueWriter(kFormat)
      .text(json_of(execution.shown))
      .text(json_of(execution.results))
      .boolean(execution.has_header)
      .u64(execution.rows_in)
      .u64(execution.rows_out)
      .u64(execution.bytes_out)
      .text(execution.principal_arn)
      .take();
}

Status decode(std::string_view bytes, Execution& out) {
  ValueReader reader(bytes);
  if (reader.version() != kFormat) return corrupt();
  const std::string_view shown = reader.text(), results = reader.text();
  out.has_header = reader.boolean();
  out.rows_in = reader.u64();
  out.rows_out = reader.u64();
  out.bytes_out = reader.u64();
  out.principal_arn = reader.text();
  if (!reader.ok()) return corrupt();
  TRY_VOID(from_json(shown, out.shown));
  return from_json(results, out.results);
}

template <typename T>
Result<std::optional<T>> load(const Store& store, const std::string& stored_key) {
  TRY(const auto bytes, store.get(Family::kMeta, stored_key));
  if (!bytes) return std::optional<T>();
  T value;
  TRY_VOID(decode(*bytes, value));
  return std::optional<T>(std::move(value));
}

template <typename T>
Result<std::vector<T>> load_all(const Store& store, const std::string& prefix) {
  std::vector<T> values;
  Status decoded;
  TRY_VOID(store.scan(Family::kMeta, prefix, storage::prefix_end(prefix),
                      [&](std::string_view, std::string_view bytes) {
                        decoded = decode(bytes, values.emplace_back());
                        return decoded ? Next::kContinue : Next::kStop;
                      }));
  if (!decoded) return std::unexpected(decoded.error());
  return values;
}

Task<Status> put(Store& store, std::string stored_key, std::string value) {
  Batch batch;
  batch.put(Family::kMeta, std::move(stored_key), std::move(value));
  co_return co_await store.commit(std::move(batch));
}

Task<Status> erase(Store& store, std::string stored_key) {
  Batch batch;
  batch.erase(Family::kMeta, std::move(stored_key));
  co_return co_await store.commit(std::move(batch));
}

api::WorkGroup primary(Timestamp now) {
  api::WorkGroup group;
  group.name = "primary";
  group.state = "ENABLED";
  group.creation_time = now;
  api::WorkGroupConfiguration& configuration = group.configuration.emplace();
  configuration.result_configuration.emplace();
  configuration.enforce_work_group_configuration = false;
  configuration.publish_cloud_watch_metrics_enabled = false;
  configuration.requester_pays_enabled = false;
  configuration.engine_version.emplace();
  configuration.engine_version->selected_engine_version = "AUTO";
  configuration.engine_version->effective_engine_version = "Athena engine version 3";
  return group;
}

bool is_unfinished(const Execution& execution) {
  const auto& status = execution.shown.status;
  return status && (status->state == "QUEUED" || status->state == "RUNNING");
}

}  // namespace

Result<std::optional<Execution>> Records::execution(std::string_view id) const {
  return load<Execution>(*store_, key(kExecution, place_).text(id).take());
}

Task<Status> Records::save(Execution execution) const {
  co_return co_await put(*store_,
                         key(kExecution, place_).text(*execution.shown.query_execution_id).take(),
                         encode(execution));
}

Task<Status> Records::create(Execution execution, std::string token, TokenUse use) const {
  const std::string& id = *execution.shown.query_execution_id;
  const auto at = static_cast<std::uint64_t>(execution.shown.status->submission_date_time->micros);
  Batch batch;
  batch.put(Family::kMeta, key(kExecution, place_).text(id).take(), encode(execution));
  batch.put(Family::kMeta,
            key(kOrder, place_).text(*execution.shown.work_group).u64_desc(at).text(id).take(), "");
  batch.put(Family::kMeta, key(kToken, place_).text(token).take(),
            ValueWriter(kFormat).text(use.execution_id).text(use.fingerprint).take());
  co_return co_await store_->commit(std::move(batch));
}

Result<std::optional<TokenUse>> Records::token(std::string_view token) const {
  TRY(const auto bytes, store_->get(Family::kMeta, key(kToken, place_).text(token).take()));
  if (!bytes) return std::optional<TokenUse>();
  ValueReader reader(*bytes);
  if (reader.version() != kFormat) return corrupt();
  TokenUse use;
  use.execution_id = reader.text();
  use.fingerprint = reader.text();
  if (!reader.ok()) return corrupt();
  return std::optional<TokenUse>(std::move(use));
}

Result<std::vector<std::string>> Records::list_executions(std::string_view workgroup,
                                                          std::string& after,
                                                          std::size_t count) const {
  const std::string prefix = key(kOrder, place_).text(workgroup).take();
  std::string begin = prefix;
  if (!after.empty()) begin = prefix + after;
  std::vector<std::string> ids;
  std::string next;
  TRY_VOID(store_->scan(Family::kMeta, begin, storage::prefix_end(prefix),
                        [&](std::string_view stored, std::string_view) {
                          if (ids.size() == count) {
                            next = stored.substr(prefix.size());
                            return Next::kStop;
                          }
                          KeyReader reader(stored);
                          reader.tag(kOrder);
                          reader.text();
                          reader.text();
                          reader.text();
                          reader.u64_desc();
                          ids.push_back(reader.text().value_or(""));
                          return Next::kContinue;
                        }));
  after = next;
  return ids;
}

Result<std::optional<api::WorkGroup>> Records::workgroup(std::string_view name,
                                                         Timestamp now) const {
  TRY(auto found, load<api::WorkGroup>(*store_, key(kWorkgroup, place_).text(name).take()));
  if (!found && name == "primary") return std::optional<api::WorkGroup>(primary(now));
  return found;
}

Result<std::vector<api::WorkGroup>> Records::workgroups(Timestamp now) const {
  TRY(auto groups, load_all<api::WorkGroup>(*store_, key(kWorkgroup, place_).take()));
  if (std::ranges::find(groups, "primary", &api::WorkGroup::name) == groups.end()) {
    groups.push_back(primary(now));
  }
  std::ranges::sort(groups, {}, &api::WorkGroup::name);
  return groups;
}

Task<Status> Records::save(api::WorkGroup workgroup) const {
  co_return co_await put(*store_, key(kWorkgroup, place_).text(workgroup.name).take(),
                         encode(workgroup));
}

Task<Status> Records::erase_workgroup(std::string name) const {
  Batch batch;
  batch.erase(Family::kMeta, key(kWorkgroup, place_).text(name).take());
  const std::string prepared = key(kPrepared, place_).text(name).take();
  batch.erase_range(Family::kMeta, prepared, storage::prefix_end(prepared));
  const std::string order = key(kOrder, place_).text(name).take();
  batch.erase_range(Family::kMeta, order, storage::prefix_end(order));
  co_return co_await store_->commit(std::move(batch));
}

Result<std::optional<api::NamedQuery>> Records::named_query(std::string_view id) const {
  return load<api::NamedQuery>(*store_, key(kNamedQuery, place_).text(id).take());
}

Result<std::vector<api::NamedQuery>> Records::named_queries() const {
  return load_all<api::NamedQuery>(*store_, key(kNamedQuery, place_).take());
}

Task<Status> Records::save(api::NamedQuery query) const {
  co_return co_await put(*store_, key(kNamedQuery, place_).text(*query.named_query_id).take(),
                         encode(query));
}

Task<Status> Records::erase_named_query(std::string id) const {
  co_return co_await erase(*store_, key(kNamedQuery, place_).text(id).take());
}

Result<std::optional<api::PreparedStatement>> Records::prepared(std::string_view workgroup,
                                                                std::string_view name) const {
  return load<api::PreparedStatement>(*store_,
                                      key(kPrepared, place_).text(workgroup).text(name).take());
}

Result<std::vector<api::PreparedStatement>> Records::all_prepared(
    std::string_view workgroup) const {
  return load_all<api::PreparedStatement>(*store_, key(kPrepared, place_).text(workgroup).take());
}

Task<Status> Records::save(api::PreparedStatement statement) const {
  co_return co_await put(*store_,
                         key(kPrepared, place_)
                             .text(*statement.work_group_name)
                             .text(*statement.statement_name)
                             .take(),
                         encode(statement));
}

Task<Status> Records::erase_prepared(std::string workgroup, std::string name) const {
  co_return co_await erase(*store_, key(kPrepared, place_).text(workgroup).text(name).take());
}

Result<std::vector<api::Tag>> Records::tags(std::string_view arn) const {
  TRY(auto found,
      load<api::ListTagsForResourceOutput>(*store_, key(kTags, place_).text(arn).take()));
  if (!found || !found->tags) return std::vector<api::Tag>();
  return std::move(*found->tags);
}

Task<Status> Records::save_tags(std::string arn, std::vector<api::Tag> tags) const {
  std::string stored_key = key(kTags, place_).text(arn).take();
  if (tags.empty()) co_return co_await erase(*store_, std::move(stored_key));
  api::ListTagsForResourceOutput value;
  value.tags = std::move(tags);
  co_return co_await put(*store_, std::move(stored_key), encode(value));
}

Result<std::vector<Unfinished>> unfinished_executions(Store& store) {
  std::vector<Unfinished> found;
  const std::string prefix = KeyWriter(kExecution).take();
  Status decoded;
  TRY_VOID(store.scan(Family::kMeta, prefix, storage::prefix_end(prefix),
                      [&](std::string_view stored, std::string_view bytes) {
                        Execution execution;
                        decoded = decode(bytes, execution);
                        if (!decoded) return Next::kStop;
                        if (!is_unfinished(execution)) return Next::kContinue;
                        KeyReader reader(stored);
                        reader.tag(kExecution);
                        Unfinished one;
                        one.place.account = reader.text().value_or("");
                        one.place.region = reader.text().value_or("");
                        one.id = reader.text().value_or("");
                        found.push_back(std::move(one));
                        return Next::kContinue;
                      }));
  if (!decoded) return std::unexpected(decoded.error());
  return found;
}

Status fail_execution(Store& store, const Unfinished& which, Timestamp now) {
  const std::string stored_key = key(kExecution, which.place).text(which.id).take();
  TRY(auto execution, load<Execution>(store, stored_key));
  if (!execution || !is_unfinished(*execution)) return {};
  api::QueryExecutionStatus& status = *execution->shown.status;
  status.state = "FAILED";
  status.state_change_reason = "The server ended while the query was running. Run it again.";
  status.completion_date_time = now;
  api::AthenaError& error = status.athena_error.emplace();
  error.error_category = 1;
  error.error_type = 1;
  error.retryable = true;
  error.error_message = status.state_change_reason;
  Batch batch;
  batch.put(Family::kMeta, stored_key, encode(*execution));
  return store.commit_blocking(std::move(batch));
}

}  // namespace penstock::athena
