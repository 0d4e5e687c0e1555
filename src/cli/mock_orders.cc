// penstock mock-orders: the fast native generator against any endpoint.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/orders.h"
#include "cli/terminal.h"

namespace penstock::cli {
namespace {

struct OrdersFlags {
  Target target;
  OrderPlan plan;
};

int mock_orders(const OrdersFlags& flags) {
  Session session(flags.target);
  ProgressLine line;
  const auto started = std::chrono::steady_clock::now();
  const auto rate = [&](const OrderCounts& counts) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return static_cast<double>(counts.total()) / std::max(seconds, 1e-3);
  };
  const auto counts = write_orders(session, flags.plan, [&](const OrderCounts& so_far) {
    line.show(fmt::format("  orders {}/{}  {:.0f}/s", with_commas(so_far.total()),
                          with_commas(flags.plan.count), rate(so_far)));
  });
  if (!counts) {
    line.finish();
    fmt::print(stderr, "penstock mock-orders: {}\n", describe(counts.error()));
    return 1;
  }
  line.show(fmt::format("  {} writes: {} puts, {} updates, {} deletes, {:.0f}/s",
                        with_commas(counts->total()), with_commas(counts->puts),
                        with_commas(counts->updates), with_commas(counts->deletes), rate(*counts)));
  line.finish();
  return 0;
}

}  // namespace

void add_mock_orders(CLI::App& app, Run& run) {
  static OrdersFlags flags;
  CLI::App* command = app.add_subcommand("mock-orders", "Write mock sales orders into a table");
  command->add_option("--table", flags.plan.table, "Table with hash key orderid (S)")
      ->capture_default_str();
  command->add_option("--count", flags.plan.count, "Writes in all")->capture_default_str();
  command->add_option("--rate", flags.plan.rate, "Writes per second; 0: as fast as it goes")
      ->capture_default_str();
  flags.plan.batch = 25;
  command
      ->add_option("--batch", flags.plan.batch,
                   "Writes due together that one request carries; 1: a request for each")
      ->check(CLI::Range(1, 25))
      ->capture_default_str();
  command->add_option("--updates", flags.plan.updates, "Share of writes that update an order")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--deletes", flags.plan.deletes, "Share of writes that delete an order")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--seed", flags.plan.seed, "The same seed writes the same orders")
      ->capture_default_str();
  command->add_option("--concurrency", flags.plan.concurrency, "Requests in flight")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_target_flags(*command, flags.target);
  command->callback([&run] { run = [] { return mock_orders(flags); }; });
}

}  // namespace penstock::cli
