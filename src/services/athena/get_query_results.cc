// GetQueryResults: pages of the result object. A token is the place in the object where the page
// begins.
#include <fmt/core.h>

#include <charconv>

#include "gen/s3/client.h"
#include "services/athena/athena.h"
#include "services/athena/errors.h"
#include "services/athena/object_bridge.h"
#include "services/athena/operations.h"
#include "services/athena/result_file.h"

namespace penstock::athena {
namespace {

using protocol::ApiResult;
using protocol::Reply;

constexpr std::uint64_t kReadBytes = 1 << 20;
constexpr int kRowsMax = 1000;

ApiResult<std::uint64_t> parse_token(const std::optional<std::string>& token) {
  if (!token) return std::uint64_t{0};
  std::uint64_t offset = 0;
  const char* end = token->data() + token->size();
  const auto [at, error] = std::from_chars(token->data(), end, offset);
  if (error != std::errc() || at != end || token->empty()) {
    return std::unexpected(invalid_input("Malformed nextPageToken " + *token));
  }
  return offset;
}

ApiResult<void> check_state(const Execution& execution) {
  const std::string state = execution.shown.status->state.value_or("");
  if (state == "SUCCEEDED") return {};
  if (state == "CANCELLED") {
    return std::unexpected(invalid_request("RESULT_NOT_FOUND", "Could not find results"));
  }
  if (state == "FAILED") {
    // A failed statement of the DDL engine has an empty result; see get_query_results.
    return std::unexpected(
        invalid_request("INVALID_QUERY_EXECUTION_STATE",
                        "Query did not finish successfully. Final query state: FAILED"));
  }
  return std::unexpected(invalid_request("INVALID_QUERY_EXECUTION_STATE",
                                         "Query has not yet finished. Current state: " + state));
}

api::Row row_of(Cells cells) {
  api::Row row;
  auto& data = row.data.emplace();
  for (auto& cell : cells) data.emplace_back().var_char_value = std::move(cell);
  return row;
}

// One line of a text file; `last` when no more bytes follow.
bool read_line(std::string_view text, std::size_t& at, bool last, Cells& cells) {
  if (at >= text.size()) return false;
  const std::size_t end = text.find('\n', at);
  if (end == std::string_view::npos && !last) return false;
  cells.assign(1, std::string(text.substr(at, end - at)));
  at = end == std::string_view::npos ? text.size() : end + 1;
  return true;
}

struct Page {
  std::vector<api::Row> rows;
  std::optional<std::uint64_t> next;
};

Reply<Page> read_page(Service& service, const protocol::Context& context, std::string location,
                      std::uint64_t offset, std::size_t count) {
  std::string bucket, key;
  sql::split_location(location, bucket, key);
  const bool csv = location.ends_with(".csv");
  Page page;
  std::string text;
  std::size_t at = 0;
  bool last = false;
  while (page.rows.size() < count) {
    Cells cells;
    const std::size_t before = at;
    if (csv ? read_csv(text, at, cells) : read_line(text, at, last, cells)) {
      page.rows.push_back(row_of(std::move(cells)));
      continue;
    }
    at = before;
    if (last) break;
    auto bytes = co_await read_object(s3::Client(service.deps.s3), context, bucket, key,
                                      offset + text.size(), kReadBytes);
    if (!bytes && bytes.error().status == 404) {
      co_return std::unexpected(invalid_request("RESULT_NOT_FOUND", "Could not find results"));
    }
    if (!bytes) co_return std::unexpected(std::move(bytes).error());
    last = bytes->size() < kReadBytes;
    text += *bytes;
  }
  if (!last || at < text.size()) page.next = offset + at;
  co_return page;
}

}  // namespace

Reply<api::GetQueryResultsOutput> get_query_results(Service& service,
                                                    const protocol::Context& context,
                                                    api::GetQueryResultsInput input) {
  CO_TRY(auto found, service.records(context).execution(input.query_execution_id));
  if (!found) co_return std::unexpected(execution_not_found(input.query_execution_id));
  if (input.query_result_type.value_or("DATA_ROWS") != "DATA_ROWS") {
    co_return std::unexpected(invalid_input(fmt::format(
        "QueryResultType {} is not supported by this server", *input.query_result_type)));
  }
  if (input.max_results.value_or(1) > kRowsMax) {
    co_return std::unexpected(invalid_input("MaxResults is more than maximum allowed length 1000"));
  }
  const bool hive_failure =
      found->shown.status->state == "FAILED" && found->results.result_set.has_value();
  if (!hive_failure) CO_TRY_VOID(check_state(*found));
  CO_TRY(const std::uint64_t offset, parse_token(input.next_token));
  api::GetQueryResultsOutput output = std::move(found->results);
  if (!output.result_set) output.result_set.emplace();
  output.result_set->rows.emplace();
  if (hive_failure) co_return output;
  CO_TRY(Page page, co_await read_page(
                        service, context, *found->shown.result_configuration->output_location,
                        offset, static_cast<std::size_t>(input.max_results.value_or(kRowsMax))));
  output.result_set->rows = std::move(page.rows);
  if (page.next && *page.next < found->bytes_out) output.next_token = std::to_string(*page.next);
  co_return output;
}

}  // namespace penstock::athena
