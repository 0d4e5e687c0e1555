// The tables and streams that exist, in memory.
#include "services/dynamodb/registry.h"

namespace penstock::dynamodb {
namespace {

std::string full_name(std::string_view account, std::string_view region, std::string_view name) {
  std::string key;
  key.reserve(account.size() + region.size() + name.size() + 2);
  key.append(account).append("/").append(region).append("/").append(name);
  return key;
}

}  // namespace

std::string Registry::place_key(std::string_view account, std::string_view region) {
  return full_name(account, region, {});
}

TablePtr Registry::find_table(std::string_view account, std::string_view region,
                              std::string_view name) const {
  const std::string key = full_name(account, region, name);
  const std::shared_lock lock(mutex_);
  const auto found = tables_.find(key);
  return found != tables_.end() ? found->second : nullptr;
}

void Registry::put_table(TablePtr table) {
  const Place& place = table->table.place;
  const std::string& name = table->table.name;
  const std::unique_lock lock(mutex_);
  names_[place_key(place.account, place.region)][name] = table;
  tables_[full_name(place.account, place.region, name)] = std::move(table);
}

void Registry::erase_table(const Table& table) {
  const std::unique_lock lock(mutex_);
  tables_.erase(full_name(table.place.account, table.place.region, table.name));
  names_[place_key(table.place.account, table.place.region)].erase(table.name);
}

std::size_t Registry::table_count(const Place& place) const {
  const std::shared_lock lock(mutex_);
  const auto names = names_.find(place_key(place.account, place.region));
  return names != names_.end() ? names->second.size() : 0;
}

std::vector<std::string> Registry::table_names(const Place& place, std::string_view after,
                                               std::size_t limit) const {
  std::vector<std::string> out;
  const std::shared_lock lock(mutex_);
  const auto names = names_.find(place_key(place.account, place.region));
  if (names == names_.end()) return out;
  for (auto at = names->second.upper_bound(after); at != names->second.end() && out.size() < limit;
       ++at) {
    out.push_back(at->first);
  }
  return out;
}

std::vector<TablePtr> Registry::all_tables() const {
  std::vector<TablePtr> out;
  const std::shared_lock lock(mutex_);
  for (const auto& [key, table] : tables_) out.push_back(table);
  return out;
}

StreamPtr Registry::find_stream(std::string_view arn) const {
  const std::shared_lock lock(mutex_);
  const auto found = streams_.find(arn);
  return found != streams_.end() ? found->second : nullptr;
}

void Registry::put_stream(StreamPtr stream) {
  const std::unique_lock lock(mutex_);
  streams_[stream->stream.arn()] = std::move(stream);
}

void Registry::erase_stream(std::string_view arn) {
  const std::unique_lock lock(mutex_);
  const auto found = streams_.find(arn);
  if (found != streams_.end()) streams_.erase(found);
}

std::vector<StreamPtr> Registry::streams(const Place& place, std::string_view table,
                                         std::string_view after, std::size_t limit) const {
  std::vector<StreamPtr> out;
  const std::shared_lock lock(mutex_);
  for (auto at = streams_.upper_bound(after); at != streams_.end() && out.size() < limit; ++at) {
    const Stream& stream = at->second->stream;
    if (stream.place != place || (!table.empty() && stream.table != table)) continue;
    out.push_back(at->second);
  }
  return out;
}

std::vector<StreamPtr> Registry::all_streams() const {
  std::vector<StreamPtr> out;
  const std::shared_lock lock(mutex_);
  for (const auto& [arn, stream] : streams_) out.push_back(stream);
  return out;
}

}  // namespace penstock::dynamodb
