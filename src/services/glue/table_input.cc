// Formats, SerDes and parameters as crawlers of AWS were seen to write them (published table
// definitions); README.md lists what is deduced.
#include "services/glue/table_input.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "protocol/json_writer.h"

namespace penstock::glue {
namespace {

using Parameters = std::map<std::string, std::string>;

constexpr std::string_view kDeprecated = "DEPRECATED_BY_CRAWLER";

struct Format {
  std::string_view classification;
  std::string_view input;
  std::string_view output;
  std::string_view serde;
};

constexpr std::string_view kTextInput = "org.apache.hadoop.mapred.TextInputFormat";
constexpr std::string_view kTextOutput =
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

constexpr std::array kFormats = {
    Format{"json", kTextInput, kTextOutput, "org.openx.data.jsonserde.JsonSerDe"},
    Format{"csv", kTextInput, kTextOutput, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    Format{"parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
           "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
           "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    Format{"avro", "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
           "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
           "org.apache.hadoop.hive.serde2.avro.AvroSerDe"},
    Format{"orc", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
           "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
           "org.apache.hadoop.hive.ql.io.orc.OrcSerde"},
};

api::SerDeInfo serde_of(const FileSchema& schema, const Format& format) {
  api::SerDeInfo serde;
  serde.serialization_library = std::string(format.serde);
  Parameters& parameters = serde.parameters.emplace();
  if (schema.classification == "json") {
    std::vector<std::string> keys = schema.json_keys;
    std::ranges::sort(keys);
    std::string paths;
    for (const std::string& key : keys) paths += (paths.empty() ? "" : ",") + key;
    parameters["paths"] = std::move(paths);
  } else if (schema.csv) {
    const std::string delimiter(1, schema.csv->delimiter);
    if (schema.csv->serde == "OpenCSVSerDe") {
      serde.serialization_library = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
      parameters["separatorChar"] = delimiter;
      parameters["quoteChar"] = std::string(1, schema.csv->quote);
      parameters["escapeChar"] = "\\";
    } else if (schema.csv->serde == "None") {
      serde.serialization_library.reset();
    } else {
      parameters["field.delim"] = delimiter;
    }
  } else {
    parameters["serialization.format"] = "1";
    if (!schema.avro_schema.empty()) parameters["avro.schema.literal"] = schema.avro_schema;
  }
  return serde;
}

std::vector<api::Column> columns_of(const FileSchema& schema) {
  std::vector<api::Column> columns;
  for (const HiveField& field : schema.columns) {
    api::Column& column = columns.emplace_back();
    column.name = field.name;
    column.type = to_string(field.type);
  }
  return columns;
}

std::uint64_t average_record_size(const FileSchema& schema) {
  if (schema.records == 0) return 0;
  return std::max<std::uint64_t>(1, schema.record_bytes / schema.records);
}

Parameters parameters_of(const FileSchema& schema, const Totals& totals, const CrawlFacts& facts) {
  Parameters parameters = {
      {"CrawlerSchemaSerializerVersion", "1.0"},
      {"CrawlerSchemaDeserializerVersion", "1.0"},
      {"CRAWL_RUN_ID", facts.run_id},
      {"classification", schema.classification},
      {"compressionType", schema.compression},
      {"typeOfData", "file"},
      {"objectCount", fmt::format("{}", totals.objects)},
      {"sizeKey", fmt::format("{}", totals.bytes)},
  };
  // Objects that were not sampled hold as many records per byte as those that were.
  double records = static_cast<double>(totals.records);
  if (totals.sampled_bytes > 0) {
    records *= static_cast<double>(totals.bytes) / static_cast<double>(totals.sampled_bytes);
  }
  parameters["recordCount"] = fmt::format("{}", static_cast<std::uint64_t>(records + 0.5));
  std::uint64_t average = average_record_size(schema);
  if (average == 0 && records > 0) {
    average = static_cast<std::uint64_t>(static_cast<double>(totals.bytes) / records);
  }
  parameters["averageRecordSize"] = fmt::format("{}", average);
  if (!schema.json_path.empty() && schema.json_path != "$")
    parameters["jsonPath"] = schema.json_path;
  if (!schema.avro_schema.empty()) parameters["avro.schema.literal"] = schema.avro_schema;
  if (schema.csv) {
    parameters["delimiter"] = std::string(1, schema.csv->delimiter);
    parameters["areColumnsQuoted"] = schema.csv->quoted ? "true" : "false";
    parameters["columnsOrdered"] = "true";
    if (schema.csv->has_header) parameters["skip.header.line.count"] = "1";
  }
  if (!facts.exclusions.empty()) {
    std::string list;
    protocol::JsonWriter json(list);
    json.begin_array();
    for (const std::string& exclusion : facts.exclusions) json.string(exclusion);
    json.end_array();
    parameters["exclusions"] = std::move(list);
  }
  return parameters;
}

api::StorageDescriptor storage_of(const FileSchema& schema, std::string location,
                                  Parameters parameters) {
  api::StorageDescriptor storage;
  storage.columns = columns_of(schema);
  storage.location = std::move(location);
  storage.compressed = schema.compression != "none";
  storage.number_of_buckets = -1;
  storage.bucket_columns.emplace();
  storage.sort_columns.emplace();
  storage.stored_as_sub_directories = false;
  storage.parameters = std::move(parameters);
  const auto format = std::ranges::find(kFormats, schema.classification, &Format::classification);
  if (format != kFormats.end()) {
    storage.input_format = std::string(format->input);
    storage.output_format = std::string(format->output);
    storage.serde_info = serde_of(schema, *format);
  } else {
    storage.serde_info.emplace().parameters.emplace();
  }
  return storage;
}

}  // namespace

std::string location_of(std::string_view bucket, std::string_view root) {
  return fmt::format("s3://{}/{}", bucket, root);
}

api::TableInput describe_table(const FoundTable& table, const std::string& name,
                               const CrawlFacts& facts) {
  api::TableInput input;
  input.name = name;
  input.owner = "owner";
  input.retention = 0;
  input.table_type = "EXTERNAL_TABLE";
  Parameters parameters = parameters_of(table.schema, table.totals, facts);
  parameters["UPDATED_BY_CRAWLER"] = facts.crawler;
  if (!table.partition_keys.empty() && facts.partition_index) {
    parameters["partition_filtering.enabled"] = "true";
  }
  input.storage_descriptor =
      storage_of(table.schema, location_of(facts.bucket, table.root), parameters);
  input.parameters = std::move(parameters);
  input.partition_keys.emplace();
  for (const std::string& key : table.partition_keys) {
    api::Column& column = input.partition_keys->emplace_back();
    column.name = key;
    column.type = "string";
  }
  return input;
}

api::PartitionInput describe_partition(const FoundTable& table, const FoundPartition& partition,
                                       const api::TableInput& described, bool inherit,
                                       const CrawlFacts& facts) {
  api::PartitionInput input;
  input.values = partition.values;
  const FileSchema& schema = inherit ? table.schema : partition.schema;
  input.parameters = parameters_of(schema, partition.totals, facts);
  std::string location = location_of(facts.bucket, partition.prefix);
  if (inherit) {
    input.storage_descriptor = described.storage_descriptor;
    input.storage_descriptor->location = std::move(location);
    input.storage_descriptor->parameters = input.parameters;
  } else {
    input.storage_descriptor = storage_of(schema, std::move(location), *input.parameters);
  }
  return input;
}

api::TableInput merge_new_columns(api::TableInput known, const api::TableInput& described) {
  if (!known.storage_descriptor) return described;
  api::StorageDescriptor& storage = *known.storage_descriptor;
  if (!storage.columns) storage.columns.emplace();
  for (const api::Column& column : *described.storage_descriptor->columns) {
    const bool is_known =
        std::ranges::any_of(*storage.columns, [&column](const api::Column& other) {
          return equals_ignore_case(other.name, column.name);
        });
    if (!is_known) storage.columns->push_back(column);
  }
  if (!known.parameters) known.parameters.emplace();
  if (!storage.parameters) storage.parameters.emplace();
  for (const auto& [key, value] : *described.parameters) {
    (*known.parameters)[key] = value;
    (*storage.parameters)[key] = value;
  }
  known.parameters->erase(std::string(kDeprecated));
  const auto& serde = described.storage_descriptor->serde_info;
  if (serde && serde->parameters && serde->parameters->contains("paths") && storage.serde_info &&
      storage.serde_info->parameters) {
    (*storage.serde_info->parameters)["paths"] = serde->parameters->at("paths");
  }
  return known;
}

bool is_statistic(std::string_view parameter) {
  constexpr std::array<std::string_view, 5> kStatistics = {
      "CRAWL_RUN_ID", "objectCount", "recordCount", "averageRecordSize", "sizeKey"};
  return std::ranges::find(kStatistics, parameter) != kStatistics.end();
}

}  // namespace penstock::glue
