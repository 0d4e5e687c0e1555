// Lines, manifests and names of exports. The developer guide has the members (S3DataExport.Output);
// the names of the checksum files are those that AWS writes, not those it documents.
#include "services/dynamodb/export_format.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"
#include "services/dynamodb/ion.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kFullVersion = "2020-06-30";
constexpr std::string_view kIncrementalVersion = "2023-08-01";

std::string root_of(const api::ExportDescription& description) {
  std::string root = description.s3_prefix.value_or("");
  if (!root.empty() && !root.ends_with('/')) root += '/';
  return root + "AWSDynamoDB/";
}

std::string export_id(const api::ExportDescription& description) {
  const std::string arn = description.export_arn.value_or("");
  return arn.substr(arn.rfind('/') + 1);
}

// 26 letters and digits, as AWS names data files.
std::string file_name(std::string_view id, std::size_t number) {
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr unsigned kBitsPerDigit = 5;
  std::string name;
  unsigned bits = 0, held = 0;
  for (const char c : md5(fmt::format("{}/{}", id, number))) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= kBitsPerDigit; held -= kBitsPerDigit) {
      name += kDigits[bits >> (held - kBitsPerDigit) & 31];
    }
  }
  name += kDigits[bits << (kBitsPerDigit - held) & 31];
  return name;
}

void add_text(protocol::JsonWriter& json, std::string_view name,
              const std::optional<std::string>& text) {
  json.key(name);
  if (text) {
    json.string(*text);
  } else {
    json.null();
  }
}

void add_time(protocol::JsonWriter& json, std::string_view name,
              const std::optional<Timestamp>& time) {
  json.key(name).string(format_iso8601_millis(time.value_or(Timestamp())));
}

AttributeMap metadata_of(const ChangedItem& item) {
  AttributeMap metadata;
  metadata.set("WriteTimestampMicros", AttributeValue::n(std::to_string(item.written.micros)));
  return metadata;
}

}  // namespace

bool is_incremental(const api::ExportDescription& description) {
  return description.export_type == "INCREMENTAL_EXPORT";
}

void append_item_line(std::string& out, const AttributeMap& item, bool as_ion) {
  if (as_ion) {
    out += "$ion_1_0 {Item:";
    append_ion_map(out, item);
  } else {
    out += R"({"Item":)";
    append_attribute_map(out, item);
  }
  out += "}\n";
}

void append_change_line(std::string& out, const ChangedItem& item, bool with_old_image,
                        bool as_ion) {
  if (!item.before && !item.after) return;
  const AttributeMap* const old_image = with_old_image && item.before ? &*item.before : nullptr;
  const AttributeMap* const new_image = item.after ? &*item.after : nullptr;
  const auto add = [&out, as_ion](std::string_view name, const AttributeMap& map) {
    if (as_ion) {
      out.append(name).append(":");
      append_ion_map(out, map);
    } else {
      out.append("\"").append(name).append("\":");
      append_attribute_map(out, map);
    }
  };
  out += as_ion ? "$ion_1_0 {Record:{" : "{";
  add("Metadata", metadata_of(item));
  out += ',';
  add("Keys", item.keys);
  if (old_image != nullptr) {
    out += ',';
    add("OldImage", *old_image);
  }
  if (new_image != nullptr) {
    out += ',';
    add("NewImage", *new_image);
  }
  out += as_ion ? "}}\n" : "}\n";
}

std::string export_directory(const api::ExportDescription& description) {
  return root_of(description) + export_id(description) + "/";
}

std::string data_file_key(const api::ExportDescription& description, std::size_t number) {
  // The files of incremental exports are in one directory.
  const std::string directory =
      is_incremental(description) ? root_of(description) : export_directory(description);
  const std::string_view ending = description.export_format == "ION" ? "ion" : "json";
  return fmt::format("{}data/{}.{}.gz", directory, file_name(export_id(description), number),
                     ending);
}

void append_manifest_line(std::string& out, const DataFile& file) {
  protocol::JsonWriter json(out);
  json.begin_object().key("itemCount").integer(file.items);
  json.key("md5Checksum").string(file.md5_text).key("etag").string(file.etag);
  json.key("dataFileS3Key").string(file.key).end_object();
  out += '\n';
}

std::string summary_manifest(const api::ExportDescription& description) {
  const bool incremental = is_incremental(description);
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("version").string(incremental ? kIncrementalVersion : kFullVersion);
  add_text(json, "exportArn", description.export_arn);
  add_time(json, "startTime", description.start_time);
  add_time(json, "endTime", description.end_time);
  add_text(json, "tableArn", description.table_arn);
  add_text(json, "tableId", description.table_id);
  if (incremental) {
    add_time(json, "exportFromTime",
             description.incremental_export_specification->export_from_time);
    add_time(json, "exportToTime", description.incremental_export_specification->export_to_time);
  } else {
    add_time(json, "exportTime", description.export_time);
  }
  add_text(json, "s3Bucket", description.s3_bucket);
  add_text(json, "s3Prefix", description.s3_prefix);
  add_text(json, "s3SseAlgorithm", description.s3_sse_algorithm);
  add_text(json, "s3SseKmsKeyId", description.s3_sse_kms_key_id);
  json.key("manifestFilesS3Key").string(export_directory(description) + "manifest-files.json");
  json.key("billedSizeBytes").integer(description.billed_size_bytes.value_or(0));
  json.key("itemCount").integer(description.item_count.value_or(0));
  add_text(json, "outputFormat", description.export_format);
  if (incremental) {
    add_text(json, "outputView", description.incremental_export_specification->export_view_type);
    add_text(json, "exportType", description.export_type);
  }
  json.end_object();
  return out;
}

}  // namespace penstock::dynamodb
