// What an export writes besides its packing: the lines of its data files, its manifests, and the
// names of its objects. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/past.h"

namespace penstock::dynamodb {

bool is_incremental(const api::ExportDescription& description);

// A line for an item of a full export.
void append_item_line(std::string& out, const AttributeMap& item, bool as_ion);
// A line for a changed item of an incremental export. An item that came and went leaves none.
void append_change_line(std::string& out, const ChangedItem& item, bool with_old_image,
                        bool as_ion);

// <prefix>/AWSDynamoDB/<export id>/
std::string export_directory(const api::ExportDescription& description);
// The n-th data file. A repeated export writes the same names.
std::string data_file_key(const api::ExportDescription& description, std::size_t number);

struct DataFile {
  std::string key;
  std::string etag;
  std::string md5_text;
  std::int64_t items = 0;
};
void append_manifest_line(std::string& out, const DataFile& file);
// manifest-summary.json of an export that has ended.
std::string summary_manifest(const api::ExportDescription& description);

}  // namespace penstock::dynamodb
