// The table function that turns objects into rows, several objects at a time.

#include "sql/scan.h"

#include <fmt/format.h>

#include "sql/line_reader.h"
#include "sql/scalar_functions.h"
#include "sql/vector_writer.h"

namespace penstock::sql {

void RunRegistry::add(std::int64_t id, std::shared_ptr<RunState> run) {
  const std::lock_guard lock(mutex_);
  runs_[id] = std::move(run);
}

void RunRegistry::remove(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  runs_.erase(id);
}

std::shared_ptr<RunState> RunRegistry::find(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : found->second;
}

namespace {

struct Extra {
  RunRegistry* registry;
  std::size_t threads;
};

template <typename T>
void destroy(void* pointer) {
  delete static_cast<T*>(pointer);
}

struct BindData {
  std::shared_ptr<RunState> run;
  const ScanState* state = nullptr;
  bool partitions_only = false;
  std::size_t threads = 1;

  const Table& table() const { return *state->scan->table; }
};

struct GlobalState {
  std::atomic<std::size_t> next{0};
  std::vector<idx_t> columns;  // what the query asks for, in its order
};

struct LocalState {
  std::unique_ptr<RowFormat> format;
  std::unique_ptr<LineReader> lines;
  const ScanObject* object = nullptr;
  std::size_t skip = 0;
};

void bind(duckdb_bind_info info) {
  const auto* extra = static_cast<const Extra*>(duckdb_bind_get_extra_info(info));
  std::int64_t numbers[3] = {};
  for (idx_t i = 0; i < 3; ++i) {
    duckdb_value value = duckdb_bind_get_parameter(info, i);
    numbers[i] = duckdb_get_int64(value);
    duckdb_destroy_value(&value);
  }
  auto data = std::make_unique<BindData>();
  data->run = extra->registry->find(numbers[0]);
  if (!data->run || numbers[1] < 0 ||
      static_cast<std::size_t>(numbers[1]) >= data->run->scans.size()) {
    duckdb_bind_set_error(info, "no such scan");
    return;
  }
  data->state = &data->run->scans[static_cast<std::size_t>(numbers[1])];
  data->partitions_only = numbers[2] == 1;
  data->threads = extra->threads;
  idx_t index = 0;
  const auto add = [&](const Type& type) {
    duckdb_logical_type engine = engine_type(type);
    duckdb_bind_add_result_column(info, fmt::format("c{}", index++).c_str(), engine);
    duckdb_destroy_logical_type(&engine);
  };
  for (const Column& column : data->table().columns) add(column.type);
  for (const Column& column : data->table().partition_keys) add(column.type);
  for (const Type& type : pseudo_column_types()) add(type);
  if (data->partitions_only) {
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_bind_add_result_column(info, "pid", number);
    duckdb_destroy_logical_type(&number);
  }
  duckdb_bind_set_bind_data(info, data.release(), destroy<BindData>);
}

void init(duckdb_init_info info) {
  const auto* data = static_cast<const BindData*>(duckdb_init_get_bind_data(info));
  auto state = std::make_unique<GlobalState>();
  const idx_t count = duckdb_init_get_column_count(info);
  for (idx_t i = 0; i < count; ++i) {
    state->columns.push_back(duckdb_init_get_column_index(info, i));
  }
  const std::size_t work = data->partitions_only ? 1 : data->state->objects.size();
  duckdb_init_set_max_threads(info, std::max<std::size_t>(1, std::min(data->threads, work)));
  duckdb_init_set_init_data(info, state.release(), destroy<GlobalState>);
}

void init_local(duckdb_init_info info) {
  const auto* data = static_cast<const BindData*>(duckdb_init_get_bind_data(info));
  auto state = std::make_unique<LocalState>();
  switch (data->state->format) {
    case TableFormat::kJson: state->format = json_format(data->table()); break;
    case TableFormat::kDelimited: state->format = delimited_format(data->table()); break;
    case TableFormat::kCsv: state->format = csv_format(data->table()); break;
    case TableFormat::kParquet:
    case TableFormat::kUnknown: break;
  }
  duckdb_init_set_init_data(info, state.release(), destroy<LocalState>);
}

// Fills the cells that do not come from the object's bytes.
class Constants {
 public:
  Constants(const BindData& data, const GlobalState& global) : data_(data), global_(global) {}

  void write(duckdb_data_chunk output, idx_t row, std::size_t partition, const ScanObject* object) {
    const Table& table = data_.table();
    const std::size_t columns = table.columns.size(), keys = table.partition_keys.size();
    for (idx_t i = 0; i < global_.columns.size(); ++i) {
      const idx_t column = global_.columns[i];
      if (column < columns) continue;
      const duckdb_vector vector = duckdb_data_chunk_get_vector(output, i);
      if (column < columns + keys) {
        const Type& type = table.partition_keys[column - columns].type;
        const std::vector<std::string>& values = table.partitions[partition].values;
        const std::string& text = values[column - columns];
        if (text == "__HIVE_DEFAULT_PARTITION__" ||
            write_scalar(vector, row, type, text) != Written::kValue) {
          write_null(vector, row, type);
        }
      } else if (object != nullptr) {
        pseudo(vector, row, column - columns - keys, *object);
      } else if (column == columns + keys + std::size(kPseudoColumns)) {
        write_bigint(vector, row, static_cast<std::int64_t>(partition));
      }
    }
  }

 private:
  static void pseudo(duckdb_vector vector, idx_t row, idx_t which, const ScanObject& object) {
    switch (which) {
      case 0:
        write_text(vector, row, fmt::format("s3://{}/{}", object.bucket, object.object.key));
        break;
      case 1: write_bigint(vector, row, static_cast<std::int64_t>(object.object.size)); break;
      case 2: write_timestamp(vector, row, object.object.modified.micros); break;
      default: write_text(vector, row, object.bucket);
    }
  }

  const BindData& data_;
  const GlobalState& global_;
};

void scan_partitions(const BindData& data, GlobalState& global, duckdb_data_chunk output) {
  const std::size_t count = data.table().partitions.size();
  const idx_t capacity = duckdb_vector_size();
  Constants constants(data, global);
  idx_t row = 0;
  while (row < capacity) {
    const std::size_t partition = global.next++;
    if (partition >= count) break;
    for (idx_t i = 0; i < global.columns.size(); ++i) {
      if (global.columns[i] < data.table().columns.size()) {
        write_null(duckdb_data_chunk_get_vector(output, i), row,
                   data.table().columns[global.columns[i]].type);
      }
    }
    constants.write(output, row++, partition, nullptr);
  }
  duckdb_data_chunk_set_size(output, row);
}

// The next object for this worker; false when none is left.
bool open_next(const BindData& data, GlobalState& global, LocalState& local) {
  const std::size_t index = global.next++;
  if (index >= data.state->objects.size()) return false;
  local.object = &data.state->objects[index];
  local.lines = std::make_unique<LineReader>(*data.run->reader, local.object->bucket,
                                             local.object->object, data.run->bytes);
  local.skip = data.state->header_lines;
  return true;
}

Outcome<idx_t> scan_rows(const BindData& data, GlobalState& global, LocalState& local,
                         duckdb_data_chunk output) {
  RowVectors vectors(data.table().columns.size(), nullptr);
  for (idx_t i = 0; i < global.columns.size(); ++i) {
    if (global.columns[i] < vectors.size()) {
      vectors[global.columns[i]] = duckdb_data_chunk_get_vector(output, i);
    }
  }
  Constants constants(data, global);
  const idx_t capacity = duckdb_vector_size();
  idx_t row = 0;
  while (row < capacity) {
    if (data.run->stop.stop_requested()) {
      return std::unexpected(plain_error("CANCELED", "Query cancelled by user"));
    }
    if (!local.lines && !open_next(data, global, local)) break;
    std::string_view line;
    auto more = local.lines->next(line);
    if (!more) {
      return std::unexpected(plain_error(
          "HIVE_CURSOR_ERROR", fmt::format("Failed to read s3://{}/{}: {}", local.object->bucket,
                                           local.object->object.key, more.error().message)));
    }
    if (!*more) {
      local.lines.reset();
      // A chunk that has rows is handed over before the next object is opened: rows come early.
      continue;
    }
    if (local.skip > 0) {
      --local.skip;
      continue;
    }
    if (line.find_first_not_of(" \t\r") == std::string_view::npos &&
        data.state->format != TableFormat::kDelimited) {
      continue;
    }
    TRY_VOID(local.format->write(line, row, vectors));
    constants.write(output, row, local.object->partition, local.object);
    ++row;
  }
  data.run->rows += row;
  return row;
}

void scan(duckdb_function_info info, duckdb_data_chunk output) {
  const auto* data = static_cast<const BindData*>(duckdb_function_get_bind_data(info));
  auto* global = static_cast<GlobalState*>(duckdb_function_get_init_data(info));
  auto* local = static_cast<LocalState*>(duckdb_function_get_local_init_data(info));
  if (data->partitions_only) return scan_partitions(*data, *global, output);
  auto rows = scan_rows(*data, *global, *local, output);
  if (!rows) {
    const std::string& message = rows.error().message;
    const std::size_t colon = message.find(": ");
    duckdb_function_set_error(
        info, marked_error(message.substr(0, colon), message.substr(colon + 2)).c_str());
    return;
  }
  duckdb_data_chunk_set_size(output, *rows);
}

}  // namespace

Status register_scan(duckdb_connection connection, RunRegistry& registry, std::size_t threads) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "penstock_scan");
  duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  for (int i = 0; i < 3; ++i) duckdb_table_function_add_parameter(function, number);
  duckdb_destroy_logical_type(&number);
  duckdb_table_function_set_extra_info(function, new Extra{&registry, threads}, destroy<Extra>);
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_local_init(function, init_local);
  duckdb_table_function_set_function(function, scan);
  duckdb_table_function_supports_projection_pushdown(function, true);
  const duckdb_state state = duckdb_register_table_function(connection, function);
  duckdb_destroy_table_function(&function);
  if (state == DuckDBError) return fail(ErrorKind::kInternal, "duckdb refuses penstock_scan");
  return {};
}

}  // namespace penstock::sql
