// penstock demo: the whole pipeline on an empty server, with live progress, a query and the proof.
#include <fmt/format.h>
#include <simdjson.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "base/log.h"
#include "cli/athena_query.h"
#include "cli/commands.h"
#include "cli/freshness.h"
#include "cli/orders.h"
#include "cli/pipeline.h"
#include "cli/reconcile.h"
#include "cli/terminal.h"
#include "server/application.h"

namespace penstock::cli {
namespace {

struct Flags {
  OrderPlan orders;
  bool built_in = false;
  bool keep = false;
  std::uint16_t port = 0;
};

struct Flow {
  std::uint64_t piped = 0, records = 0, delivered = 0, filtered = 0, failed = 0, objects = 0;
};

Flow read_flow(Session& session) {
  Flow flow;
  const auto answer = session.get("/_penstock/flow");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (!answer || parser.parse(*answer).get(root) != simdjson::SUCCESS) return flow;
  const std::pair<const char*, std::uint64_t*> counts[] = {
      {"piped", &flow.piped},       {"records", &flow.records}, {"delivered", &flow.delivered},
      {"filtered", &flow.filtered}, {"failed", &flow.failed},   {"objects", &flow.objects}};
  for (const auto& [name, count] : counts) (void)root.at_key(name).get(*count);
  return flow;
}

std::string flow_line(std::uint64_t written, double rate, const Flow& flow,
                      const Freshness& freshness) {
  return fmt::format(
      "  table {} → pipe {} → kinesis {} → s3 {} ({} objects)  {}/s  fresh p50 {:.2f} s p99 {:.2f} "
      "s  "
      "failed {}",
      with_commas(written), with_commas(flow.piped), with_commas(flow.records),
      with_commas(flow.delivered), flow.objects, with_commas(static_cast<std::uint64_t>(rate)),
      freshness.percentile(0.5), freshness.percentile(0.99), flow.failed);
}

class Demo {
 public:
  Demo(const Flags& flags, const std::string& url)
      : flags_(flags), session_({.url = url, .region = "us-east-1"}) {}

  int run() {
    PipelinePlan plan;
    plan.built_in_transform = flags_.built_in;
    const auto made = make_pipeline(session_, plan, [](const std::string& what) {
      fmt::print(" {} {}\n", is_terminal() ? "✔" : "ok", what);
      std::fflush(stdout);
    });
    if (!made) return failed("set-up", made.error());
    FreshnessWatch watch(session_, plan.names.bucket, "sales/");
    const auto counts = write(watch);
    if (!counts) return failed("orders", counts.error());
    if (!drain(watch, counts->total())) return 1;
    if (const auto crawled = crawl(session_, plan.names.crawler); !crawled) {
      return failed("crawler", crawled.error());
    }
    if (const int outcome = query(plan.names); outcome != 0) return outcome;
    return prove();
  }

 private:
  int failed(std::string_view step, const protocol::ApiError& error) {
    fmt::print(stderr, "penstock demo: {}: {}\n", step, describe(error));
    return 1;
  }

  protocol::ApiResult<OrderCounts> write(FreshnessWatch& watch) {
    started_ = std::chrono::steady_clock::now();
    return write_orders(session_, flags_.orders, [&](const OrderCounts& counts) {
      const double seconds = elapsed();
      rate_ = static_cast<double>(counts.total()) / std::max(seconds, 1e-3);
      line_.show(flow_line(counts.total(), rate_, read_flow(session_), watch.freshness()));
    });
  }

  // Waits until everything written has arrived somewhere; deletes of orders that are gone change
  // nothing.
  bool drain(FreshnessWatch& watch, std::uint64_t written) {
    Flow last;
    int unchanged = 0;
    while (unchanged < 100) {
      const Flow flow = read_flow(session_);
      line_.show(flow_line(written, rate_, flow, watch.freshness()));
      const bool moved = flow.delivered != last.delivered || flow.failed != last.failed ||
                         flow.piped != last.piped;
      const bool settled =
          flow.records > 0 && flow.delivered + flow.failed + flow.filtered >= flow.records;
      unchanged = moved ? 0 : unchanged + (settled ? 20 : 1);
      last = flow;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    line_.finish();
    return true;
  }

  int query(const PipelineNames& names) {
    QueryRequest request;
    request.database = names.database;
    request.output = "s3://" + names.results + "/";
    request.sql =
        "SELECT product_name, count(*) AS orders, sum(quantity) AS pieces, "
        "cast(sum(quantity * price) AS decimal(18,2)) AS revenue "
        "FROM sales GROUP BY product_name ORDER BY revenue DESC";
    const auto answer = run_query(session_, request);
    if (!answer) return failed("query", answer.error());
    fmt::print("\n{}{}", box_table(answer->rows),
               fmt::format("  {} ms, {} bytes scanned\n\n", answer->engine_millis,
                           with_commas(static_cast<std::uint64_t>(answer->scanned_bytes))));
    return 0;
  }

  int prove() {
    const auto report = session_.get("/_penstock/reconcile");
    const auto sums = report ? parse_sums(*report) : Result<Sums>(std::unexpected(report.error()));
    if (!sums) {
      fmt::print(stderr, "penstock demo: reconcile: {}\n", sums.error().message);
      return 1;
    }
    fmt::print("{}\n", line_of(*sums));
    for (const std::string& problem : sums->problems) fmt::print("  {}\n", problem);
    return sums->good ? 0 : 1;
  }

  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

  const Flags& flags_;
  Session session_;
  ProgressLine line_;
  std::chrono::steady_clock::time_point started_;
  double rate_ = 0;
};

int demo(const Flags& flags) {
  log::configure(log::Level::kWarning, log::Format::kText);
  std::string directory =
      (std::filesystem::temp_directory_path() / "penstock-demo-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) {
    fmt::print(stderr, "penstock demo: cannot make {}\n", directory);
    return 1;
  }
  server::Options options;
  options.data = directory;
  options.port = flags.port;
  auto application = server::Application::start(options);
  if (!application) {
    fmt::print(stderr, "penstock demo: {}\n", application.error().message);
    return 1;
  }
  fmt::print("penstock 0.1.0  API {}  data {}\n", (*application)->url(), directory);
  const int outcome = Demo(flags, (*application)->url()).run();
  (*application)->stop();
  if (flags.keep) {
    fmt::print("kept: penstock serve --data {}\n", directory);
  } else {
    std::error_code error;
    std::filesystem::remove_all(directory, error);
  }
  if (outcome == 0) {
    fmt::print(
        "Next: ./run.sh serve · examples/sales/seven_steps.sh (AWS CLI) · ./run.sh query \"SELECT "
        "…\"\n");
  }
  return outcome;
}

}  // namespace

void add_demo(CLI::App& app, Run& run) {
  static Flags flags;
  flags.orders.count = 5000;
  CLI::App* command =
      app.add_subcommand("demo", "Run the whole sales pipeline once, on an empty server");
  command->add_option("--count", flags.orders.count, "Writes in all")->capture_default_str();
  command->add_option("--rate", flags.orders.rate, "Writes per second; 0: as fast as it goes")
      ->capture_default_str();
  command->add_option("--seed", flags.orders.seed, "The same seed writes the same orders")
      ->capture_default_str();
  command->add_option("--port", flags.port, "Port of the server; 0 takes a free one")
      ->capture_default_str();
  command->add_flag("--built-in", flags.built_in,
                    "The built-in transform instead of the Python function");
  command->add_flag("--keep", flags.keep, "Keep the data directory");
  command->callback([&run] { run = [] { return demo(flags); }; });
}

}  // namespace penstock::cli
