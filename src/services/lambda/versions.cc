// PublishVersion and ListVersionsByFunction.
#include "services/lambda/versions.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/operations.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kVersionsPageMax = 50;

}  // namespace

Published publish(Function function, std::optional<std::string> description, std::string revision,
                  Timestamp now) {
  Published published;
  FunctionVersion version = function.latest;
  if (description) version.description = *description;
  if (!function.versions.empty()) {
    const auto& [number, newest] = *function.versions.rbegin();
    if (same_content(version, newest) && version.description == newest.description) {
      published.number = number;
      published.change.function = std::move(function);
      return published;
    }
  }
  published.is_new = true;
  published.number = function.next_version++;
  version.version = fmt::to_string(published.number);
  version.serial =
      revision;  // Instances of $LATEST and of a version are not the same: their names differ.
  version.revision = std::move(revision);
  version.modified = now;
  function.versions[published.number] = std::move(version);
  published.change.function = std::move(function);
  published.change.put_version = published.number;
  return published;
}

Reply<api::FunctionConfiguration> publish_version(Service& service, const Context& context,
                                                  api::PublishVersionRequest input) {
  if (input.publish_to) co_return std::unexpected(not_supported("PublishTo"));
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  std::uint64_t number = 0;
  const std::string revision = service.deps.random.uuid();
  const Timestamp now = service.deps.clock.now();
  Decide decide = [&number, &input, revision,
                   now](const Function& current) -> protocol::ApiResult<Change> {
    if (input.revision_id && *input.revision_id != current.latest.revision) {
      return std::unexpected(wrong_revision("GetFunction/GetAlias"));
    }
    const std::string sha256 = base64_encode(current.latest.code.sha256);
    if (input.code_sha256 && *input.code_sha256 != sha256) {
      return std::unexpected(
          invalid_parameter(fmt::format("CodeSHA256 ({}) is different from current CodeSHA256 in "
                                        "$LATEST ({}). Please try again with "
                                        "the CodeSHA256 in $LATEST.",
                                        *input.code_sha256, sha256)));
    }
    Published published = publish(current, input.description, revision, now);
    number = published.number;
    return std::move(published.change);
  };
  CO_TRY(const std::shared_ptr<const Function> after,
         co_await change_function(service, target, std::move(decide)));
  co_return describe(*after, after->versions.at(number), true);
}

Reply<api::ListVersionsByFunctionResponse> list_versions_by_function(
    Service& service, const Context& context, api::ListVersionsByFunctionRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  const auto limit = std::min(static_cast<std::size_t>(input.max_items.value_or(kVersionsPageMax)),
                              kVersionsPageMax);
  std::uint64_t after = 0;
  if (input.marker) {
    const auto [end, error] =
        std::from_chars(input.marker->data(), input.marker->data() + input.marker->size(), after);
    if (error != std::errc() || end != input.marker->data() + input.marker->size()) {
      co_return std::unexpected(invalid_parameter("Invalid Marker"));
    }
  }
  api::ListVersionsByFunctionResponse output;
  auto& list = output.versions.emplace();
  if (!input.marker) list.push_back(describe(*function, function->latest, true, Moment::kListed));
  for (auto it = function->versions.upper_bound(after); it != function->versions.end(); ++it) {
    if (list.size() == limit) {
      output.next_marker = list.back().version == kLatest ? "0" : *list.back().version;
      break;
    }
    list.push_back(describe(*function, it->second, true, Moment::kListed));
  }
  co_return output;
}

}  // namespace penstock::lambda
