// The formats that ImportTable reads: records of a text, and the item in each. Pure; fed with
// untrusted bytes.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/attribute_value.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// Ours: one record, as text. An item of 400 KB in the longest JSON escapes is smaller.
inline constexpr std::size_t kImportRecordBytesMax = 8 << 20;

// Cuts a text that comes in pieces into its lines. With quotes, line ends between double quotes
// belong to the record (CSV).
class RecordSplitter {
 public:
  using Visit = std::function<bool(std::string_view record)>;

  explicit RecordSplitter(bool with_quotes) : with_quotes_(with_quotes) {}
  // Shows the records that are complete, without their line ends, until `visit` returns false.
  // False: it did, or a record is longer than kImportRecordBytesMax (too_long() tells).
  bool add(std::string_view text, const Visit& visit);
  // The last record, if no line end follows it.
  bool finish(const Visit& visit);
  bool too_long() const { return too_long_; }

 private:
  bool show(std::string_view record, const Visit& visit);

  const bool with_quotes_;
  bool quoted_ = false;
  bool too_long_ = false;
  std::string rest_;
};

// Why a record is no item. What cannot be read at all ends its object: nothing behind it is looked
// at, as on AWS.
struct RecordProblem {
  std::string message;
  bool ends_object = false;
};
using ParsedItem = std::expected<AttributeMap, RecordProblem>;

class ItemFormat {
 public:
  virtual ~ItemFormat() = default;
  virtual bool has_quotes() const { return false; }
  // A new object begins.
  virtual void begin_object() {}
  // nullopt: the record is not data (a blank line, a header).
  virtual std::optional<ParsedItem> read(std::string_view record) = 0;
};

struct CsvSettings {
  char delimiter = ',';
  std::vector<std::string> headers;  // Empty: the first record of each object has them.
};

std::unique_ptr<ItemFormat> make_json_format();
std::unique_ptr<ItemFormat> make_ion_format();
// Key attributes of the table and its indexes get their defined types, all others are strings.
std::unique_ptr<ItemFormat> make_csv_format(CsvSettings settings,
                                            const std::vector<KeyAttribute>& definitions);

// The fields of one CSV record, or why it has none. A field may be between double quotes, in which
// two of them stand for one; in a field without quotes three of them stand for one.
std::expected<std::vector<std::string>, std::string> parse_csv_record(std::string_view record,
                                                                      char delimiter);

}  // namespace penstock::dynamodb
