// Runs plans: the only door to DuckDB, which stays in the .cc files behind it.
//
// One in-memory database serves all runs; it cannot open files or load anything, and its
// configuration is locked. Each run has its own connection and sees only the scans of its plan.
// Thread-safe; run() blocks and belongs on the blocking pool.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "sql/error.h"
#include "sql/object_reader.h"
#include "sql/plan.h"

namespace penstock::sql {

struct EngineOptions {
  std::size_t threads = 0;                  // 0: one per core
  std::uint64_t memory_bytes = 2ULL << 30;  // of all runs together
};

struct RunStats {
  std::uint64_t bytes_scanned = 0;
  std::uint64_t rows_scanned = 0;
  std::uint64_t rows = 0;
};

// A row of texts, as results show them; no value is NULL. False ends the run.
using Row = std::span<const std::optional<std::string>>;
using RowSink = std::function<bool(Row)>;

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `stop` interrupts the run, which then fails with the name "CANCELED". `stats` is filled in any
  // case.
  Outcome<void> run(const Plan& plan, ObjectReader& reader, std::stop_token stop,
                    const RowSink& sink, RunStats& stats);

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::sql
