// A crawler changes only tables that it made itself (UPDATED_BY_CRAWLER names it); what else stands
// under the name it would choose makes it choose another. What the policies decide is documented in
// "Setting crawler configuration options"; that statistics alone make no new version is deduced.
#include "services/glue/crawl_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "protocol/json_codec.h"
#include "services/glue/naming.h"
#include "services/glue/table.h"

namespace penstock::glue {
namespace {

using Parameters = std::map<std::string, std::string>;

void drop_statistics(std::optional<Parameters>& parameters) {
  if (!parameters) return;
  std::erase_if(*parameters, [](const auto& entry) { return is_statistic(entry.first); });
}

template <typename T>
std::string text_of(const T& value) {
  std::string text;
  protocol::encode_json(T::shape(), &value, text);
  return text;
}

std::string schema_text(api::TableInput input) {
  input.last_access_time.reset();
  drop_statistics(input.parameters);
  if (input.storage_descriptor) drop_statistics(input.storage_descriptor->parameters);
  return text_of(input);
}

// Everything but statistics: those of partitions are refreshed only along with a change.
std::string schema_text(const std::optional<api::StorageDescriptor>& storage) {
  if (!storage) return {};
  api::StorageDescriptor copy = *storage;
  drop_statistics(copy.parameters);
  return text_of(copy);
}

std::string statistics_text(const std::optional<Parameters>& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters.value_or(Parameters())) {
    if (is_statistic(key) && key != "CRAWL_RUN_ID") text += key + "=" + value + ";";
  }
  return text;
}

std::string folder_form(std::string location) {
  if (!location.ends_with('/')) location += '/';
  return location;
}

std::string join(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + value;
  return out;
}

class Planner {
 public:
  Planner(const std::vector<CrawledTarget>& targets, const std::vector<KnownTable>& known,
          const std::string& database, const PlanOptions& options)
      : targets_(targets), known_(known), database_(database), options_(options) {
    for (const KnownTable& table : known) taken_.insert(table.table.name);
  }

  CrawlPlan run() {
    for (const CrawledTarget& target : targets_) {
      for (const FoundTable& found : target.found) place(target, found);
    }
    if (!options_.only_new_folders) {
      for (const KnownTable& table : known_) miss(table);
    }
    return std::move(plan_);
  }

 private:
  static bool made_by(const api::Table& table, const std::string& crawler) {
    if (!table.parameters) return false;
    const auto found = table.parameters->find("UPDATED_BY_CRAWLER");
    return found != table.parameters->end() && found->second == crawler;
  }

  static std::string location(const api::Table& table) {
    if (!table.storage_descriptor) return {};
    return table.storage_descriptor->location.value_or("");
  }

  const KnownTable* counterpart(const CrawledTarget& target, const std::string& wanted) const {
    for (const KnownTable& table : known_) {
      if (!target.existing_table.empty()) {
        if (table.table.name == target.existing_table) return &table;
      } else if (made_by(table.table, target.facts.crawler) &&
                 folder_form(location(table.table)) == folder_form(wanted)) {
        return &table;
      }
    }
    return nullptr;
  }

  void place(const CrawledTarget& target, const FoundTable& found) {
    const std::string wanted = location_of(target.facts.bucket, found.root);
    const KnownTable* known = counterpart(target, wanted);
    warn_about(found, wanted);
    if (known == nullptr) {
      if (target.existing_table.empty()) create(target, found, wanted);
      return;
    }
    seen_.insert(known->table.name);
    api::TableInput described = describe_table(found, known->table.name, target.facts);
    update(target, found, *known, described);
  }

  void warn_about(const FoundTable& found, const std::string& wanted) {
    if (found.schema.glued) {
      plan_.log.push_back(
          fmt::format("WARN : Objects at {} hold several JSON records on one line. The schema "
                      "covers all of them, but "
                      "readers of one record per line, such as Athena, see only the first of each "
                      "line. Have the "
                      "producer write a line break behind each record.",
                      wanted));
    }
    if (found.schema.multiline) {
      plan_.log.push_back(
          fmt::format("WARN : Objects at {} hold JSON records that span lines. Athena reads one "
                      "record per line.",
                      wanted));
    }
    for (const std::string& key : found.partition_keys) {
      if (find_field(found.schema.columns, key) == nullptr) continue;
      plan_.log.push_back(fmt::format(
          "WARN : The table at {} has a column and a partition key named {}.", wanted, key));
    }
  }

  void create(const CrawledTarget& target, const FoundTable& found, const std::string& wanted) {
    const std::string name = free_table_name(
        table_name(options_.table_prefix, target.facts.bucket, found.root), wanted,
        [this](const std::string& candidate) { return taken_.contains(candidate); });
    if (!taken_.insert(name).second) {
      plan_.log.push_back(
          fmt::format("WARN : Table {} already exists, {} is left out.", name, wanted));
      return;
    }
    api::TableInput described = describe_table(found, name, target.facts);
    for (const FoundPartition& partition : found.partitions) {
      add_partition(target, found, partition, described);
    }
    plan_.log.push_back(fmt::format("INFO : Created table {} in database {}", name, database_));
    plan_.tables.push_back({TableChange::Kind::kCreate, std::move(described)});
    ++plan_.created;
  }

  void add_partition(const CrawledTarget& target, const FoundTable& found,
                     const FoundPartition& partition, const api::TableInput& described) {
    const bool inherit = options_.configuration.partitions_inherit;
    plan_.partitions.push_back(
        {PartitionChange::Kind::kCreate, described.name,
         describe_partition(found, partition, described, inherit, target.facts)});
    ++plan_.partitions_created;
  }

  void update(const CrawledTarget& target, const FoundTable& found, const KnownTable& known,
              api::TableInput described) {
    const api::TableInput current = input_from(known.table);
    // The keys of a table with partitions stay: the values that are stored belong to them.
    if (!known.partitions.empty()) described.partition_keys = current.partition_keys;
    const bool partial = options_.configuration.merge_new_columns || options_.only_new_folders;
    if (partial || !target.existing_table.empty())
      described = merge_new_columns(current, described);
    const bool changed = schema_text(described) != schema_text(current);
    const bool may_update = options_.update_behavior == "UPDATE_IN_DATABASE";
    if (changed && !may_update) {
      plan_.log.push_back(fmt::format(
          "INFO : The schema of table {} in database {} has changed; it is not updated because the "
          "UpdateBehavior is LOG.",
          known.table.name, database_));
      described = current;
    }
    place_partitions(target, found, known, described, may_update);
    if (changed && may_update) {
      plan_.log.push_back(
          fmt::format("INFO : Updated table {} in database {}", known.table.name, database_));
      plan_.tables.push_back({TableChange::Kind::kUpdate, std::move(described)});
      ++plan_.updated;
    } else if (may_update && !options_.only_new_folders &&
               statistics_text(described.parameters) != statistics_text(current.parameters)) {
      plan_.tables.push_back({TableChange::Kind::kRefresh, std::move(described)});
    }
  }

  void place_partitions(const CrawledTarget& target, const FoundTable& found,
                        const KnownTable& known, const api::TableInput& described,
                        bool may_update) {
    if (found.partition_keys.size() !=
        (known.table.partition_keys ? known.table.partition_keys->size() : 0)) {
      return;
    }
    std::map<std::vector<std::string>, const api::Partition*> stored;
    for (const api::Partition& partition : known.partitions) stored[*partition.values] = &partition;
    const bool inherit = options_.configuration.partitions_inherit;
    for (const FoundPartition& partition : found.partitions) {
      const auto match = stored.find(partition.values);
      if (match == stored.end()) {
        add_partition(target, found, partition, described);
        continue;
      }
      api::PartitionInput input =
          describe_partition(found, partition, described, inherit, target.facts);
      const api::Partition& current = *match->second;
      const bool same =
          schema_text(input.storage_descriptor) == schema_text(current.storage_descriptor) &&
          statistics_text(input.parameters) == statistics_text(current.parameters);
      stored.erase(match);
      if (same || !may_update) continue;
      plan_.partitions.push_back(
          {PartitionChange::Kind::kUpdate, described.name, std::move(input)});
      ++plan_.partitions_updated;
    }
    if (options_.only_new_folders) return;
    for (const auto& [values, partition] : stored) miss_partition(known.table.name, values);
  }

  void miss_partition(const std::string& table, const std::vector<std::string>& values) {
    plan_.log.push_back(
        fmt::format("INFO : Found partition of table {} with partition values [{}] with no "
                    "matching schema at the "
                    "partition's S3 location",
                    table, join(values)));
    if (options_.delete_behavior != "DELETE_FROM_DATABASE") return;
    api::PartitionInput input;
    input.values = values;
    plan_.partitions.push_back({PartitionChange::Kind::kDelete, table, std::move(input)});
    ++plan_.partitions_deleted;
  }

  // A table of this crawler below one of its include paths that was not found again.
  void miss(const KnownTable& known) {
    const api::Table& table = known.table;
    if (seen_.contains(table.name) || !is_below_a_target(table)) return;
    if (options_.delete_behavior == "DELETE_FROM_DATABASE") {
      plan_.log.push_back(
          fmt::format("INFO : Deleted table {} from database {}", table.name, database_));
      api::TableInput input;
      input.name = table.name;
      plan_.tables.push_back({TableChange::Kind::kDelete, std::move(input)});
      ++plan_.deleted;
      return;
    }
    if (options_.delete_behavior == "LOG") {
      plan_.log.push_back(fmt::format(
          "INFO : No matching schema was found at the location of table {}.", table.name));
      return;
    }
    if (table.parameters && table.parameters->contains("DEPRECATED_BY_CRAWLER")) return;
    plan_.log.push_back(
        fmt::format("INFO : Table {} is marked deprecated because a matching schema was not found "
                    "at the table's "
                    "location.",
                    table.name));
    api::TableInput input = input_from(table);
    if (!input.parameters) input.parameters.emplace();
    (*input.parameters)["DEPRECATED_BY_CRAWLER"] = fmt::format("{}", options_.now_millis);
    plan_.tables.push_back({TableChange::Kind::kUpdate, std::move(input)});
    ++plan_.updated;
  }

  bool is_below_a_target(const api::Table& table) const {
    return std::ranges::any_of(targets_, [&table](const CrawledTarget& target) {
      return target.existing_table.empty() && made_by(table, target.facts.crawler) &&
             folder_form(location(table))
                 .starts_with(location_of(target.facts.bucket, target.include));
    });
  }

  const std::vector<CrawledTarget>& targets_;
  const std::vector<KnownTable>& known_;
  const std::string& database_;
  const PlanOptions& options_;
  CrawlPlan plan_;
  std::set<std::string> taken_;  // Table names.
  std::set<std::string> seen_;   // Tables that were found again.
};

}  // namespace

CrawlPlan plan_crawl(const std::vector<CrawledTarget>& targets,
                     const std::vector<KnownTable>& known, const std::string& database,
                     const PlanOptions& options) {
  return Planner(targets, known, database, options).run();
}

}  // namespace penstock::glue
