// TagResource, UntagResource, ListTagsOfResource. Changes are visible at once, where AWS takes
// seconds.
#include <algorithm>
#include <charconv>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/schema_check.h"
#include "services/dynamodb/tables.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kTagsPerPage = 10;

}  // namespace

Reply<api::TagResourceOutput> tag_resource(Service& service, const Context& context,
                                           api::TagResourceInput input) {
  if (input.tags.empty()) co_return invalid("Atleast one Tag needs to be provided as Input.");
  CO_TRY_VOID(check_tags(input.tags));
  CO_TRY(const TablePtr named, look_up_table_by_arn(service, context, input.resource_arn));
  const auto turn = co_await service.control_turns.enter(
      hash_bytes(table_key(named->table.place, named->table.name)));
  CO_TRY(const TablePtr live, look_up_table_by_arn(service, context, input.resource_arn));
  Table next = live->table;
  for (api::Tag& tag : input.tags) {
    const auto known =
        std::ranges::find(next.tags, tag.key, &std::pair<std::string, std::string>::first);
    if (known != next.tags.end()) {
      known->second = std::move(tag.value);
    } else {
      next.tags.emplace_back(std::move(tag.key), std::move(tag.value));
    }
  }
  if (next.tags.size() > kTagsMax) {
    co_return invalid("Number of Tags exceed the current limit for the provided ResourceArn");
  }
  CO_TRY_VOID(co_await change_table(service, live, std::move(next), {}, nullptr));
  co_return api::TagResourceOutput{};
}

Reply<api::UntagResourceOutput> untag_resource(Service& service, const Context& context,
                                               api::UntagResourceInput input) {
  if (input.tag_keys.empty())
    co_return invalid("Atleast one Tag Key needs to be provided as Input.");
  CO_TRY(const TablePtr named, look_up_table_by_arn(service, context, input.resource_arn));
  const auto turn = co_await service.control_turns.enter(
      hash_bytes(table_key(named->table.place, named->table.name)));
  CO_TRY(const TablePtr live, look_up_table_by_arn(service, context, input.resource_arn));
  Table next = live->table;
  std::erase_if(next.tags, [&input](const auto& tag) {
    return std::ranges::find(input.tag_keys, tag.first) != input.tag_keys.end();
  });
  CO_TRY_VOID(co_await change_table(service, live, std::move(next), {}, nullptr));
  co_return api::UntagResourceOutput{};
}

Reply<api::ListTagsOfResourceOutput> list_tags_of_resource(Service& service, const Context& context,
                                                           api::ListTagsOfResourceInput input) {
  CO_TRY(const TablePtr live, look_up_table_by_arn(service, context, input.resource_arn));
  const auto& tags = live->table.tags;
  // An invalid token is ignored and gives the first page, as on AWS.
  std::size_t first = 0;
  if (input.next_token) {
    const std::string& token = *input.next_token;
    std::from_chars(token.data(), token.data() + token.size(), first);
    if (first > tags.size()) first = 0;
  }
  const std::size_t last = std::min(first + kTagsPerPage, tags.size());
  api::ListTagsOfResourceOutput output;
  output.tags.emplace();
  for (std::size_t i = first; i < last; ++i)
    output.tags->push_back({tags[i].first, tags[i].second});
  if (last < tags.size()) output.next_token = std::to_string(last);
  co_return output;
}

}  // namespace penstock::dynamodb
