// The database, its locks, and the course of one run: choose partitions, list objects, stream rows.

#include "sql/engine.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "sql/engine_error.h"
#include "sql/parquet.h"
#include "sql/result_text.h"
#include "sql/scalar_functions.h"
#include "sql/scan.h"

namespace penstock::sql {

namespace {

struct ConnectionDeleter {
  void operator()(duckdb_connection connection) const { duckdb_disconnect(&connection); }
};
using Connection = std::unique_ptr<std::remove_pointer_t<duckdb_connection>, ConnectionDeleter>;

Status execute(duckdb_connection connection, const std::string& sql) {
  duckdb_result result;
  const duckdb_state state = duckdb_query(connection, sql.c_str(), &result);
  std::string message;
  if (state == DuckDBError) message = duckdb_result_error(&result);
  duckdb_destroy_result(&result);
  if (state == DuckDBError) return fail(ErrorKind::kInternal, sql + ": " + message);
  return {};
}

// Calls `chunk` for each piece of the result, as it is made.
Outcome<void> stream(duckdb_connection connection, const std::string& sql, std::stop_token stop,
                     const std::function<bool(duckdb_data_chunk)>& chunk) {
  const auto failure = [&](const char* text) {
    if (stop.stop_requested()) return plain_error("CANCELED", "Query cancelled by user");
    return engine_error(text == nullptr ? "" : text);
  };
  duckdb_prepared_statement prepared = nullptr;
  if (duckdb_prepare(connection, sql.c_str(), &prepared) == DuckDBError) {
    SqlError error = failure(duckdb_prepare_error(prepared));
    duckdb_destroy_prepare(&prepared);
    return std::unexpected(std::move(error));
  }
  duckdb_pending_result pending = nullptr;
  duckdb_result result{};
  Outcome<void> outcome;
  // Streaming, so that a large result is never held whole.
  if (duckdb_pending_prepared_streaming(prepared, &pending) == DuckDBError) {
    outcome = std::unexpected(failure(duckdb_pending_error(pending)));
  } else if (stop.stop_requested()) {
    // The start of a query forgets an earlier interrupt; from here on none is lost.
    outcome = std::unexpected(failure(""));
    duckdb_interrupt(connection);
  } else if (duckdb_execute_pending(pending, &result) == DuckDBError) {
    outcome = std::unexpected(failure(duckdb_result_error(&result)));
  } else {
    while (true) {
      duckdb_data_chunk piece = duckdb_fetch_chunk(result);
      if (piece == nullptr) {
        const char* text = duckdb_result_error(&result);
        if (text != nullptr && *text != '\0') outcome = std::unexpected(failure(text));
        break;
      }
      const bool more = chunk(piece);
      duckdb_destroy_data_chunk(&piece);
      if (stop.stop_requested()) outcome = std::unexpected(failure(""));
      if (!more || !outcome) {
        // Or the engine's workers would finish what nobody waits for.
        duckdb_interrupt(connection);
        break;
      }
    }
  }
  duckdb_destroy_result(&result);
  duckdb_destroy_pending(&pending);
  duckdb_destroy_prepare(&prepared);
  return outcome;
}

// Names that begin with _ or . are hidden, at every level below the location.
bool is_hidden(std::string_view key) {
  std::size_t at = 0;
  while (at < key.size()) {
    if (key[at] == '_' || key[at] == '.') return true;
    const std::size_t slash = key.find('/', at);
    if (slash == std::string_view::npos) return false;
    at = slash + 1;
  }
  return false;
}

Outcome<void> list_objects(RunState& run, ScanState& state, std::size_t partition,
                           const std::string& location) {
  std::string bucket, prefix;
  if (!split_location(location, bucket, prefix)) {
    return std::unexpected(plain_error("HIVE_METASTORE_ERROR",
                                       fmt::format("Location '{}' is not an S3 path", location)));
  }
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  auto objects = run.reader->list(bucket, prefix);
  if (!objects) {
    return std::unexpected(plain_error(
        "HIVE_CURSOR_ERROR",
        fmt::format("Failed to list directory: {} ({})", location, objects.error().message)));
  }
  for (ObjectInfo& object : *objects) {
    const std::string_view rest = std::string_view(object.key).substr(prefix.size());
    if (object.size == 0 || object.key.ends_with('/') || is_hidden(rest)) continue;
    state.objects.push_back({bucket, std::move(object), partition});
  }
  return {};
}

}  // namespace

struct Engine::Impl {
  EngineOptions options;
  duckdb_database database = nullptr;
  RunRegistry registry;
  std::atomic<std::int64_t> runs{0};

  ~Impl() {
    if (database != nullptr) duckdb_close(&database);
  }

  Result<Connection> connect() {
    duckdb_connection connection = nullptr;
    if (duckdb_connect(database, &connection) == DuckDBError) {
      return fail(ErrorKind::kInternal, "duckdb refuses a connection");
    }
    return Connection(connection);
  }

  Status open() {
    if (options.threads == 0) options.threads = std::max(1u, std::thread::hardware_concurrency());
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    const std::pair<const char*, std::string> settings[] = {
        {"threads", std::to_string(options.threads)},
        {"memory_limit", fmt::format("{}B", options.memory_bytes)},
        {"autoload_known_extensions", "false"},
        {"autoinstall_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"temp_directory", ""},
        // Rows come as they are read; who wants an order says so.
        {"preserve_insertion_order", "false"},
    };
    for (const auto& [name, value] : settings) {
      if (duckdb_set_config(config, name, value.c_str()) == DuckDBError) {
        duckdb_destroy_config(&config);
        return fail(ErrorKind::kInternal, fmt::format("duckdb has no setting {}", name));
      }
    }
    char* message = nullptr;
    const duckdb_state state = duckdb_open_ext(nullptr, &database, config, &message);
    duckdb_destroy_config(&config);
    if (state == DuckDBError) {
      std::string text = message == nullptr ? "" : message;
      duckdb_free(message);
      return fail(ErrorKind::kInternal, "duckdb does not open: " + text);
    }
    TRY(const Connection connection, connect());
    TRY_VOID(register_scalar_functions(connection.get()));
    TRY_VOID(register_macros(connection.get()));
    TRY_VOID(register_scan(connection.get(), registry, options.threads));
    TRY_VOID(register_object_files(database, registry));
    const std::string_view locks[] = {
        "SET GLOBAL TimeZone = 'UTC'",
        "SET GLOBAL allowed_directories = ['penstock://']",
        "SET GLOBAL enable_external_access = false",
        "SET GLOBAL lock_configuration = true",
    };
    for (const std::string_view sql : locks) TRY_VOID(execute(connection.get(), std::string(sql)));
    return {};
  }

  // The partitions that meet the conditions of the scan.
  Outcome<std::vector<std::size_t>> choose_partitions(duckdb_connection connection,
                                                      const Scan& scan, std::int64_t run_id,
                                                      std::size_t index, std::stop_token stop) {
    std::vector<std::size_t> chosen;
    if (scan.conditions.empty()) {
      for (std::size_t i = 0; i < scan.table->partitions.size(); ++i) chosen.push_back(i);
      return chosen;
    }
    std::string where;
    for (const std::string& condition : scan.conditions) {
      where += (where.empty() ? "" : " AND ") + condition;
    }
    TRY_VOID(stream(
        connection,
        fmt::format("SELECT pid FROM penstock_scan({}, {}, 1) AS {} WHERE {} ORDER BY pid", run_id,
                    index, scan.alias, where),
        stop, [&](duckdb_data_chunk chunk) {
          const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, 0);
          const auto* data = static_cast<const std::int64_t*>(duckdb_vector_get_data(vector));
          for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk); ++i) {
            chosen.push_back(static_cast<std::size_t>(data[i]));
          }
          return true;
        }));
    return chosen;
  }

  Outcome<void> prepare_scan(duckdb_connection connection, RunState& run, std::int64_t run_id,
                             std::size_t index) {
    ScanState& state = run.scans[index];
    const Table& table = *state.scan->table;
    if (state.format == TableFormat::kUnknown) {
      return std::unexpected(plain_error(
          "NOT_SUPPORTED", fmt::format("Table {}.{} has a SerDe that is not supported: {}",
                                       table.database, table.name, table.serde)));
    }
    const auto skip = table.parameters.find("skip.header.line.count");
    if (skip != table.parameters.end()) {
      state.header_lines = static_cast<std::size_t>(
          std::max<long>(0, std::strtol(skip->second.c_str(), nullptr, 10)));
    }
    if (table.partition_keys.empty()) return list_objects(run, state, 0, table.location);
    TRY(const std::vector<std::size_t> chosen,
        choose_partitions(connection, *state.scan, run_id, index, run.stop));
    for (const std::size_t partition : chosen) {
      if (run.stop.stop_requested()) {
        return std::unexpected(plain_error("CANCELED", "Query cancelled by user"));
      }
      TRY_VOID(list_objects(run, state, partition, table.partitions[partition].location));
    }
    return {};
  }

  Outcome<void> run_plan(const Plan& plan, std::int64_t run_id, std::shared_ptr<RunState> run,
                         const RowSink& sink, RunStats& stats) {
    auto connection = connect();
    if (!connection) return std::unexpected(plain_error("GENERIC_INTERNAL_ERROR", "no connection"));
    const duckdb_connection handle = connection->get();
    const std::stop_callback interrupt(run->stop, [handle] { duckdb_interrupt(handle); });
    for (std::size_t i = 0; i < run->scans.size(); ++i) {
      TRY_VOID(prepare_scan(handle, *run, run_id, i));
    }
    TRY(const std::string sql, with_scans(handle, plan.sql, run_id, *run));
    std::vector<std::optional<std::string>> cells(plan.columns.size());
    return stream(handle, sql, run->stop, [&](duckdb_data_chunk chunk) {
      const idx_t rows = duckdb_data_chunk_get_size(chunk);
      for (idx_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
          const Type& type = plan.columns[i].type;
          const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
          cells[i] = cell_text(vector, row, plan.columns[i].as_text ? varchar_type() : type);
        }
        ++stats.rows;
        if (!sink(cells)) return false;
      }
      return true;
    });
  }
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(EngineOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  TRY_VOID(impl->open());
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Outcome<void> Engine::run(const Plan& plan, ObjectReader& reader, std::stop_token stop,
                          const RowSink& sink, RunStats& stats) {
  const std::int64_t run_id = ++impl_->runs;
  auto run = std::make_shared<RunState>();
  run->reader = &reader;
  run->stop = stop;
  for (const Scan& scan : plan.scans) {
    ScanState state;
    state.scan = &scan;
    state.format = format_of(*scan.table);
    run->scans.push_back(std::move(state));
  }
  impl_->registry.add(run_id, run);
  auto outcome = impl_->run_plan(plan, run_id, run, sink, stats);
  impl_->registry.remove(run_id);
  stats.bytes_scanned = run->bytes;
  stats.rows_scanned = run->rows;
  return outcome;
}

bool split_location(std::string_view location, std::string& bucket, std::string& prefix) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (!location.starts_with(scheme)) continue;
    location.remove_prefix(scheme.size());
    const std::size_t slash = location.find('/');
    bucket = location.substr(0, slash);
    prefix = slash == std::string_view::npos ? "" : location.substr(slash + 1);
    return !bucket.empty();
  }
  return false;
}

}  // namespace penstock::sql
