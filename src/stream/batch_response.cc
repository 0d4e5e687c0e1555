// Reading partial batch responses. The rules are documented for event source mappings, and Pipes
// refers to the same.
#include "stream/batch_response.h"

#include <simdjson.h>

#include <algorithm>
#include <unordered_map>

#include "base/ascii.h"

namespace penstock::stream {
namespace {

constexpr std::string_view kFailures = "batchItemFailures";
constexpr std::string_view kIdentifier = "itemIdentifier";

BatchResponse malformed(std::string problem) {
  return {BatchResponse::Kind::kMalformed, {}, std::move(problem)};
}

BatchResponse read_failures(simdjson::dom::array failures,
                            std::span<const std::string> identifiers) {
  BatchResponse response;
  std::unordered_map<std::string_view, std::size_t> index;
  index.reserve(identifiers.size());
  for (std::size_t i = 0; i < identifiers.size(); ++i) index.emplace(identifiers[i], i);
  for (const simdjson::dom::element failure : failures) {
    std::string_view identifier;
    if (failure[kIdentifier].get(identifier) != simdjson::SUCCESS || identifier.empty()) {
      return malformed(
          "The itemIdentifier in a batchItemFailure is missing, empty or not a string");
    }
    const auto found = index.find(identifier);
    if (found == index.end()) {
      return malformed("The itemIdentifier " + std::string(identifier) + " is not of this batch");
    }
    response.failed.push_back(found->second);
  }
  if (response.failed.empty()) return response;
  std::sort(response.failed.begin(), response.failed.end());
  response.failed.erase(std::unique(response.failed.begin(), response.failed.end()),
                        response.failed.end());
  response.kind = BatchResponse::Kind::kItemsFailed;
  return response;
}

}  // namespace

BatchResponse read_batch_response(std::string_view payload,
                                  std::span<const std::string> identifiers, Expected expected) {
  const bool asked = expected == Expected::kYes;
  if (trim_blanks(payload).empty()) return {};
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(simdjson::padded_string(payload)).get(document) != simdjson::SUCCESS) {
    return asked ? malformed("The response is not JSON") : BatchResponse{};
  }
  if (document.is_null()) return {};
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return asked ? malformed("The response is not a JSON object") : BatchResponse{};
  }
  simdjson::dom::element failures;
  if (object[kFailures].get(failures) != simdjson::SUCCESS || failures.is_null()) return {};
  simdjson::dom::array array;
  if (failures.get(array) != simdjson::SUCCESS) {
    return malformed("batchItemFailures is not a list");
  }
  return read_failures(array, identifiers);
}

}  // namespace penstock::stream
