// Keys that this service does not know are refused by name: a setting is never dropped silently.
#include "services/glue/crawler_configuration.h"

#include <fmt/core.h>

#include <charconv>

#include "services/glue/json_value.h"

namespace penstock::glue {
namespace {

std::unexpected<Error> invalid(std::string_view what) {
  return fail(ErrorKind::kInvalid, fmt::format("Crawler configuration not valid: {}", what));
}

std::unexpected<Error> unknown_key(std::string_view path, std::string_view key) {
  return invalid(fmt::format("Crawler configuration has an unsupported key: {}{}.", path, key));
}

std::optional<int> whole_number(const JsonValue& value) {
  int number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  if (value.kind != JsonValue::Kind::kNumber || error != std::errc() || stop != end)
    return std::nullopt;
  return number;
}

Status read_behavior(const JsonValue& section, std::string_view path, std::string_view wanted,
                     bool& out, std::optional<int>* threshold) {
  if (section.kind != JsonValue::Kind::kObject)
    return invalid(fmt::format("{} must be an object.", path));
  for (const JsonMember& member : section.members) {
    if (member.name == "AddOrUpdateBehavior") {
      if (member.value.text != wanted) {
        return invalid(fmt::format("{}.AddOrUpdateBehavior must be {}.", path, wanted));
      }
      out = true;
    } else if (member.name == "TableThreshold" && threshold != nullptr) {
      *threshold = whole_number(member.value);
      if (!*threshold || **threshold < 1)
        return invalid("TableThreshold must be a positive integer.");
    } else {
      return unknown_key(fmt::format("{}.", path), member.name);
    }
  }
  return {};
}

Status read_output(const JsonValue& output, CrawlerConfiguration& configuration) {
  if (output.kind != JsonValue::Kind::kObject) return invalid("CrawlerOutput must be an object.");
  for (const JsonMember& member : output.members) {
    if (member.name == "Partitions") {
      TRY_VOID(read_behavior(member.value, "CrawlerOutput.Partitions", "InheritFromTable",
                             configuration.partitions_inherit, nullptr));
    } else if (member.name == "Tables") {
      TRY_VOID(read_behavior(member.value, "CrawlerOutput.Tables", "MergeNewColumns",
                             configuration.merge_new_columns, &configuration.table_threshold));
    } else {
      return unknown_key("CrawlerOutput.", member.name);
    }
  }
  return {};
}

Status read_grouping(const JsonValue& grouping, CrawlerConfiguration& configuration) {
  if (grouping.kind != JsonValue::Kind::kObject) return invalid("Grouping must be an object.");
  for (const JsonMember& member : grouping.members) {
    if (member.name == "TableGroupingPolicy") {
      if (member.value.text != "CombineCompatibleSchemas") {
        return invalid("Grouping.TableGroupingPolicy must be CombineCompatibleSchemas.");
      }
      configuration.combine_compatible = true;
    } else if (member.name == "TableLevelConfiguration") {
      const std::optional<int> level = whole_number(member.value);
      if (!level || *level < 1)
        return invalid("TableLevelConfiguration must be a positive integer.");
      configuration.table_level = *level;
    } else {
      return unknown_key("Grouping.", member.name);
    }
  }
  return {};
}

}  // namespace

Result<CrawlerConfiguration> parse_crawler_configuration(std::string_view text) {
  CrawlerConfiguration configuration;
  if (text.empty()) return configuration;
  JsonReader reader(text);
  JsonValue document, rest;
  if (reader.next(document) != JsonStatus::kValue || document.kind != JsonValue::Kind::kObject ||
      reader.next(rest) != JsonStatus::kEnd) {
    return invalid("Crawler configuration is not a JSON object.");
  }
  const JsonValue* version = document.find("Version");
  if (version == nullptr) return invalid("Crawler configuration missing required key: Version.");
  if (version->kind != JsonValue::Kind::kNumber ||
      (version->text != "1.0" && version->text != "1")) {
    return invalid("Crawler configuration has an unsupported Version.");
  }
  for (const JsonMember& member : document.members) {
    if (member.name == "Version") continue;
    if (member.name == "CrawlerOutput") {
      TRY_VOID(read_output(member.value, configuration));
    } else if (member.name == "Grouping") {
      TRY_VOID(read_grouping(member.value, configuration));
    } else if (member.name == "CreatePartitionIndex") {
      if (member.value.kind != JsonValue::Kind::kTrue &&
          member.value.kind != JsonValue::Kind::kFalse) {
        return invalid("CreatePartitionIndex must be true or false.");
      }
      configuration.partition_index = member.value.kind == JsonValue::Kind::kTrue;
    } else {
      return unknown_key("", member.name);
    }
  }
  return configuration;
}

}  // namespace penstock::glue
