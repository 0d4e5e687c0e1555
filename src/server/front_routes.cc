// What the server tells of itself: records per hop, runners, reconciliation.
#include "server/front_routes.h"

#include <algorithm>
#include <charconv>

#include "async/runners.h"
#include "protocol/json_writer.h"
#include "server/reconcile_gather.h"
#include "server/reconcile_limits.h"

namespace penstock::server {
namespace {

Task<net::Response> answer_flow(House& house, net::Request) {
  co_return json_response(200, house.flow_json());
}

Task<net::Response> answer_runners(House& house, net::Request) {
  std::string body;
  protocol::JsonWriter json(body);
  json.begin_object().key("runners").begin_array();
  for (const RunnerView& runner : house.runtime().runners().list()) {
    json.begin_object().key("name").string(runner.name);
    json.key("failures").integer(static_cast<std::int64_t>(runner.failures));
    if (!runner.last_error.empty()) json.key("last_error").string(runner.last_error);
    json.end_object();
  }
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

Task<net::Response> answer_reconcile(House& house, net::Request request) {
  const auto query = net::parse_query(request.raw_query());
  const std::string* table = net::find_param(query, "table");
  const std::string* limit = net::find_param(query, "names");
  std::size_t names = kNamesDefault;
  if (limit != nullptr) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), names);
    if (error != std::errc() || end != limit->data() + limit->size()) names = kNamesDefault;
  }
  const auto reports = co_await reconcile(house, table != nullptr ? *table : std::string(),
                                          std::min(names, limits::kReconcileNames));
  if (!reports) {
    std::string body;
    protocol::JsonWriter(body)
        .begin_object()
        .key("message")
        .string(reports.error().message)
        .end_object();
    co_return json_response(500, std::move(body));
  }
  co_return json_response(200, reports_json(*reports));
}

}  // namespace

void add_routes(Front& front, House& house) {
  front.add_route({"GET", "/_penstock/flow", [&house](net::Request request) {
                     return answer_flow(house, std::move(request));
                   }});
  front.add_route({"GET", "/_penstock/runners", [&house](net::Request request) {
                     return answer_runners(house, std::move(request));
                   }});
  front.add_route({"GET", "/_penstock/reconcile", [&house](net::Request request) {
                     return answer_reconcile(house, std::move(request));
                   }});
}

}  // namespace penstock::server
