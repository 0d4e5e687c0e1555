// Forms of the Query protocol against the member tables.
//
// How the expectations are known: the forms are those that botocore's and Smithy's awsQuery
// protocol tests show for lists, maps, structures, flattened lists and blobs; shapes that no real
// service of ours has (maps, flattened lists) are built here.
#include "protocol/query_codec.h"

#include <gtest/gtest.h>

#include "gen/iam/model.h"
#include "gen/sts/model.h"
#include "protocol/shape_ops.h"

namespace penstock::protocol {
namespace {

template <typename T>
ApiResult<T> from_form(std::string_view form, Missing& missing) {
  T value;
  TRY_VOID(decode_form(T::shape(), net::parse_query(form, true), &value, missing));
  return value;
}

TEST(QueryCodec, ListsOfStructures) {
  Missing missing;
  const auto input = from_form<iam::api::CreateRoleRequest>(
      "Action=CreateRole&Version=2010-05-08&RoleName=r+1&AssumeRolePolicyDocument=%7B%7D"
      "&MaxSessionDuration=3600&Tags.member.2.Key=b&Tags.member.1.Value=1&Tags.member.1.Key=a"
      "&Tags.member.2.Value=&Tags.member.4.Key=lost&RoleName=second",
      missing);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->role_name, "r 1");  // Of two parameters with one name the first counts.
  EXPECT_EQ(input->assume_role_policy_document, "{}");
  EXPECT_EQ(input->max_session_duration, 3600);
  ASSERT_EQ(input->tags.value().size(), 2U);  // Numbers are counted from 1 without a gap.
  EXPECT_EQ((*input->tags)[0].key, "a");
  EXPECT_EQ((*input->tags)[1].key, "b");
  EXPECT_EQ((*input->tags)[1].value, "");
  EXPECT_TRUE(missing.paths.empty());
}

TEST(QueryCodec, NamesWhatIsMissing) {
  Missing missing;
  ASSERT_TRUE(from_form<iam::api::CreateRoleRequest>("RoleNames=x&Tags.member.1.Key=a", missing));
  EXPECT_EQ(missing.paths, (std::vector<std::string>{"roleName", "assumeRolePolicyDocument",
                                                     "tags.1.member.value"}));
}

TEST(QueryCodec, RefusesValuesOfAnotherType) {
  for (const std::string_view form :
       {"MaxSessionDuration=long", "MaxSessionDuration=99999999999",
        "MaxSessionDuration=", "MaxSessionDuration.1=5", "RoleName.member.1=x"}) {
    Missing missing;
    const auto input = from_form<iam::api::CreateRoleRequest>(form, missing);
    ASSERT_FALSE(input) << form;
    EXPECT_EQ(input.error().code, "MalformedInput");
  }
}

TEST(QueryCodec, ListsOfScalarsAndWhatIsSentComesBack) {
  sts::api::AssumeRoleRequest request;
  request.role_arn = "arn:aws:iam::123456789012:role/r";
  request.role_session_name = "s&=+ %";
  request.transitive_tag_keys = {"a", "b"};
  request.tags.emplace().push_back({"k", "v"});
  const std::string form = encode_form(sts::op::AssumeRole::kInfo, &request);
  EXPECT_EQ(form,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole"
            "%2Fr&RoleSessionName=s%26%3D%2B%20%25&Tags.member.1.Key=k&Tags.member.1.Value=v"
            "&TransitiveTagKeys.member.1=a&TransitiveTagKeys.member.2=b");
  Missing missing;
  const auto again = from_form<sts::api::AssumeRoleRequest>(form, missing);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->role_session_name, request.role_session_name);
  EXPECT_EQ(again->transitive_tag_keys, request.transitive_tag_keys);
}

struct Forms {
  std::optional<std::map<std::string, std::string>> map;
  std::optional<std::map<std::string, std::string>> flat_map;
  std::optional<std::vector<std::string>> flat_list;
  Box<Forms> inner;
  static const Shape& shape();
};

const Shape& Forms::shape() {
  static const Shape text{.name = "Text", .kind = Kind::kString};
  static const Shape map{.name = "Map",
                         .kind = Kind::kMap,
                         .element = &text,
                         .key = &text,
                         .map = &kMapOps<std::string>,
                         .key_name = "key",
                         .value_name = "value"};
  static const Shape list{.name = "List",
                          .kind = Kind::kList,
                          .element = &text,
                          .list = &kListOps<std::string>,
                          .element_name = "member"};
  static Shape forms{.name = "Forms", .kind = Kind::kStructure};
  static const Member members[] = {
      {"Map", "Map", &map, offsetof(Forms, map), &kFieldOps<decltype(Forms::map)>},
      {.name = "FlatMap",
       .wire_name = "FlatMap",
       .shape = &map,
       .offset = offsetof(Forms, flat_map),
       .field = &kFieldOps<decltype(Forms::flat_map)>,
       .flattened = true},
      {.name = "FlatList",
       .wire_name = "FlatList",
       .shape = &list,
       .offset = offsetof(Forms, flat_list),
       .field = &kFieldOps<decltype(Forms::flat_list)>,
       .flattened = true},
      {"Inner", "Inner", &forms, offsetof(Forms, inner), &kFieldOps<decltype(Forms::inner)>},
  };
  forms.members = members;
  return forms;
}

TEST(QueryCodec, MapsAndFlattenedMembers) {
  Missing missing;
  const auto value = from_form<Forms>(
      "Map.entry.1.key=a&Map.entry.1.value=1&Map.entry.2.key=b&Map.entry.2.value="
      "&FlatMap.1.key=c&FlatMap.1.value=3&FlatList.1=x&FlatList.2=y"
      "&Inner.FlatList.1=z&Inner.Inner.Map.entry.1.key=k&Inner.Inner.Map.entry.1.value=v",
      missing);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->map, (std::map<std::string, std::string>{{"a", "1"}, {"b", ""}}));
  EXPECT_EQ(value->flat_map, (std::map<std::string, std::string>{{"c", "3"}}));
  EXPECT_EQ(value->flat_list, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ((*value->inner).flat_list, (std::vector<std::string>{"z"}));
  EXPECT_EQ((*(*value->inner).inner).map, (std::map<std::string, std::string>{{"k", "v"}}));
}

TEST(QueryCodec, DepthIsBounded) {
  std::string form;
  for (int i = 0; i < 100; ++i) form += "Inner.";
  Missing missing;
  const auto value = from_form<Forms>(form + "FlatList.1=x", missing);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, "MalformedInput");
}

// 10,000 elements among 60,000 parameters: decoding must not look at each for each. The test would
// take minutes, and fail by its time limit.
TEST(QueryCodec, LargeFormsTakeNoLongerThanTheirSize) {
  std::string form;
  for (int i = 1; i <= 30'000; ++i) {
    const std::string tag = "Tags.member." + std::to_string(i);
    form += "&" + tag + ".Key=k" + "&" + tag + ".Value=v";
  }
  Missing missing;
  const auto input = from_form<iam::api::CreateRoleRequest>(form, missing);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->tags.value().size(), 10'000U);
}

}  // namespace
}  // namespace penstock::protocol
