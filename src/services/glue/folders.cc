// The rules and their numbers (more than 70 % of the folders alike, at most five kinds of schema)
// are AWS's as its knowledge centre states them for "How does an AWS Glue crawler determine when to
// create partitions?"; what "alike" measures is deduced: the share of columns two schemas have in
// common.
#include "services/glue/folders.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::glue {
namespace {

constexpr double kSimilarityMin = 0.7;
constexpr std::size_t kClustersMax = 5;

struct Folder {
  std::vector<FoundObject> objects;
  std::map<std::string, Folder> children;
};

struct Leaf {
  std::vector<std::string> folders;  // Names between the root of the candidate and the objects.
  FileSchema schema;
  Totals totals;
};

// What a folder may become: one table with partitions at `levels` levels below it.
struct Candidate {
  std::string root;
  bool is_object = false;
  FileSchema schema;
  std::vector<std::string> levels;  // Per level: the key of "key=value" folders, or empty.
  std::vector<Leaf> leaves;
};

void add_object(Totals& totals, const FoundObject& object) {
  ++totals.objects;
  totals.bytes += object.size;
  if (object.schema) {
    totals.records += object.records;
    totals.sampled_bytes += object.size;
  }
}

void add_totals(Totals& totals, const Totals& more) {
  totals.objects += more.objects;
  totals.bytes += more.bytes;
  totals.records += more.records;
  totals.sampled_bytes += more.sampled_bytes;
}

// Puts schemas that are alike together, in order of appearance.
class Clusters {
 public:
  explicit Clusters(bool combine) : combine_(combine) {}

  void add(const FileSchema& schema, std::size_t weight) {
    total_ += weight;
    for (Cluster& cluster : clusters_) {
      if (!same_format(cluster.schema, schema)) continue;
      if (!combine_ && similarity(cluster.schema, schema) <= kSimilarityMin) continue;
      merge_schema(cluster.schema, schema);
      cluster.weight += weight;
      return;
    }
    clusters_.push_back({schema, weight});
  }

  std::size_t size() const { return clusters_.size(); }
  const FileSchema& first() const { return clusters_.front().schema; }

  // One table can hold them all.
  bool is_one_table() const {
    if (clusters_.empty()) return false;
    std::size_t largest = 0;
    for (const Cluster& cluster : clusters_) {
      if (!same_format(cluster.schema, clusters_.front().schema)) return false;
      largest = std::max(largest, cluster.weight);
    }
    return clusters_.size() <= kClustersMax &&
           static_cast<double>(largest) > kSimilarityMin * static_cast<double>(total_);
  }

 private:
  struct Cluster {
    FileSchema schema;
    std::size_t weight;
  };
  bool combine_;
  std::size_t total_ = 0;
  std::vector<Cluster> clusters_;
};

class Grouping {
 public:
  explicit Grouping(const GroupingOptions& options) : options_(options) {}

  // `level`: 1 for the bucket.
  std::vector<Candidate> resolve(const std::string& prefix, Folder& folder, int level) {
    std::vector<Candidate> own = resolve_objects(prefix, folder);
    if (folder.children.empty()) return own;
    std::vector<Candidate> below;
    bool each_is_one = true;
    std::vector<std::string> names;
    for (auto& [name, child] : folder.children) {
      const std::string child_prefix = prefix + name + "/";
      std::vector<Candidate> found = resolve(child_prefix, child, level + 1);
      if (found.empty()) continue;
      each_is_one &= found.size() == 1 && !found[0].is_object && found[0].root == child_prefix;
      names.push_back(name);
      std::ranges::move(found, std::back_inserter(below));
    }
    if (own.empty() && each_is_one && !below.empty() && may_merge(below, names, level)) {
      own.push_back(merge_children(prefix, names, std::move(below)));
      return own;
    }
    std::ranges::move(below, std::back_inserter(own));
    return own;
  }

 private:
  // Objects that lie in the folder itself: one table when they are alike and alone, else one each.
  std::vector<Candidate> resolve_objects(const std::string& prefix, const Folder& folder) const {
    std::vector<Candidate> found;
    Clusters clusters(options_.combine_compatible);
    for (const FoundObject& object : folder.objects) {
      if (object.schema) clusters.add(*object.schema, 1);
    }
    if (clusters.size() == 0) return found;
    if (clusters.size() == 1 && folder.children.empty()) {
      Candidate candidate{prefix, false, clusters.first(), {}, {}};
      Leaf leaf{{}, clusters.first(), {}};
      for (const FoundObject& object : folder.objects) add_object(leaf.totals, object);
      candidate.leaves.push_back(std::move(leaf));
      found.push_back(std::move(candidate));
      return found;
    }
    for (const FoundObject& object : folder.objects) {
      if (!object.schema) continue;
      Leaf leaf{{}, *object.schema, {}};
      add_object(leaf.totals, object);
      found.push_back({object.key, true, *object.schema, {}, {std::move(leaf)}});
    }
    return found;
  }

  bool may_merge(const std::vector<Candidate>& children, const std::vector<std::string>& names,
                 int level) const {
    if (options_.table_level > 0 && level < options_.table_level) return false;
    const std::string key = level_key(names[0]);
    Clusters clusters(options_.combine_compatible || level == options_.table_level);
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (children[i].levels != children[0].levels || level_key(names[i]) != key) return false;
      clusters.add(children[i].schema, children[i].leaves.size());
    }
    return clusters.is_one_table();
  }

  static std::string level_key(const std::string& name) {
    const std::optional<HiveFolder> folder = hive_folder(name);
    return folder ? folder->key : std::string();
  }

  static Candidate merge_children(const std::string& prefix, const std::vector<std::string>& names,
                                  std::vector<Candidate> children) {
    Candidate merged{prefix, false, children[0].schema, {level_key(names[0])}, {}};
    merged.levels.insert(merged.levels.end(), children[0].levels.begin(), children[0].levels.end());
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (i > 0) merge_schema(merged.schema, children[i].schema);
      for (Leaf& leaf : children[i].leaves) {
        leaf.folders.insert(leaf.folders.begin(), names[i]);
        merged.leaves.push_back(std::move(leaf));
      }
    }
    return merged;
  }

  const GroupingOptions& options_;
};

std::string value_of(const std::string& folder) {
  const std::optional<HiveFolder> hive = hive_folder(folder);
  std::string value = hive ? hive->value : folder;
  // A partition value cannot be empty; Hive has a name for what has none.
  return value.empty() ? "__HIVE_DEFAULT_PARTITION__" : value;
}

FoundTable table_from(Candidate candidate) {
  FoundTable table;
  table.root = candidate.root;
  table.is_object = candidate.is_object;
  table.schema = std::move(candidate.schema);
  for (std::size_t i = 0; i < candidate.levels.size(); ++i) {
    const std::string& key = candidate.levels[i];
    table.partition_keys.push_back(key.empty() ? fmt::format("partition_{}", i) : key);
  }
  for (Leaf& leaf : candidate.leaves) {
    add_totals(table.totals, leaf.totals);
    if (candidate.levels.empty()) continue;
    FoundPartition partition{{}, table.root, std::move(leaf.schema), leaf.totals};
    for (const std::string& folder : leaf.folders) {
      partition.values.push_back(value_of(folder));
      partition.prefix += folder + "/";
    }
    table.partitions.push_back(std::move(partition));
  }
  return table;
}

// The folder names of `key` below `prefix`, without the object's own name.
std::vector<std::string> folders_below(std::string_view prefix, std::string_view key) {
  std::vector<std::string> folders;
  std::string_view rest = key.substr(prefix.size());
  for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    folders.emplace_back(rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
  }
  return folders;
}

}  // namespace

std::optional<HiveFolder> hive_folder(std::string_view name) {
  const std::size_t equals = name.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return HiveFolder{to_lower(name.substr(0, equals)), std::string(name.substr(equals + 1))};
}

bool is_data_object(std::string_view key, std::uint64_t size) {
  if (size == 0 || key.ends_with('/')) return false;
  const std::size_t slash = key.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  return !name.starts_with('_') && !name.starts_with('.');
}

std::vector<FoundTable> group_into_tables(std::string_view include,
                                          std::vector<FoundObject> objects,
                                          const GroupingOptions& options) {
  Folder root;
  for (FoundObject& object : objects) {
    const std::vector<std::string> folders = folders_below(include, object.key);
    if (folders.size() > limits::kGlueFolderDepth) continue;
    Folder* folder = &root;
    for (const std::string& name : folders) folder = &folder->children[name];
    folder->objects.push_back(std::move(object));
  }
  const int level = 1 + static_cast<int>(std::ranges::count(include, '/'));
  std::vector<FoundTable> tables;
  for (Candidate& found : Grouping(options).resolve(std::string(include), root, level)) {
    tables.push_back(table_from(std::move(found)));
  }
  return tables;
}

FoundTable collect_for_table(std::string root, std::vector<std::string> partition_keys,
                             std::vector<FoundObject> objects) {
  FoundTable table;
  table.root = root;
  table.partition_keys = std::move(partition_keys);
  std::map<std::vector<std::string>, std::size_t> index;
  bool first = true;
  for (const FoundObject& object : objects) {
    const std::vector<std::string> folders = folders_below(root, object.key);
    const bool partitioned = !table.partition_keys.empty();
    if (partitioned && folders.size() != table.partition_keys.size()) continue;
    add_object(table.totals, object);
    if (object.schema) {
      if (first) {
        table.schema = *object.schema;
        first = false;
      } else if (same_format(table.schema, *object.schema)) {
        merge_schema(table.schema, *object.schema);
      }
    }
    if (!partitioned) continue;
    const auto [found, is_new] = index.try_emplace(folders, table.partitions.size());
    if (is_new) {
      FoundPartition& partition = table.partitions.emplace_back();
      partition.prefix = root;
      for (const std::string& folder : folders) {
        partition.values.push_back(value_of(folder));
        partition.prefix += folder + "/";
      }
      if (object.schema) partition.schema = *object.schema;
    } else if (object.schema) {
      merge_schema(table.partitions[found->second].schema, *object.schema);
    }
    add_object(table.partitions[found->second].totals, object);
  }
  return table;
}

}  // namespace penstock::glue
