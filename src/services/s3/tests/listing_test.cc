// Listing against a naive model, page by page; and tokens.
#include "services/s3/listing.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace penstock::s3 {
namespace {

struct Page {
  std::vector<std::string> keys, prefixes;
  bool truncated = false;
  std::string last;
  std::size_t walked = 0;
};

Page list(const std::set<std::string>& keys, const ListQuery& query) {
  ListPlan plan(query);
  Page page;
  while (const auto from = plan.next_seek()) {
    bool stopped = false;
    for (auto it = keys.lower_bound(*from); it != keys.end(); ++it) {
      ++page.walked;
      const ListPlan::Step step = plan.offer(*it);
      if (step == ListPlan::Step::kTake) page.keys.push_back(*it);
      if (step != ListPlan::Step::kTake) {
        stopped = true;
        break;
      }
    }
    if (!stopped) plan.no_more_keys();
  }
  page.prefixes = plan.common_prefixes();
  page.truncated = plan.truncated();
  page.last = plan.last_entry();
  return page;
}

// The definition: all entries, in order, those beyond the marker, the first so many.
Page naive(const std::set<std::string>& keys, const ListQuery& query) {
  std::set<std::pair<std::string, bool>> entries;
  for (const std::string& key : keys) {
    if (!key.starts_with(query.prefix)) continue;
    const std::size_t at = query.delimiter.empty() ? std::string::npos
                                                   : key.find(query.delimiter, query.prefix.size());
    if (at == std::string::npos) {
      entries.insert({key, false});
    } else {
      entries.insert({key.substr(0, at + query.delimiter.size()), true});
    }
  }
  Page page;
  for (const auto& [name, is_prefix] : entries) {
    if (!query.after.empty() && name <= query.after) continue;
    if (page.keys.size() + page.prefixes.size() == query.max_keys) {
      page.truncated = query.max_keys != 0;
      break;
    }
    (is_prefix ? page.prefixes : page.keys).push_back(name);
    page.last = name;
  }
  return page;
}

rc::Gen<std::string> small_string() {
  return rc::gen::scale(
      0.12, rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '.', '\0', '\xff')));
}

// Deduced from the documentation: a prefix counts as one entry and is never split across pages.
TEST(Listing, AgreesWithTheDefinitionOnEveryPage) {
  EXPECT_TRUE(rc::check("pages", [] {
    const auto keys = *rc::gen::container<std::set<std::string>>(
        rc::gen::suchThat(small_string(), [](const std::string& s) { return !s.empty(); }));
    ListQuery query;
    query.prefix = *small_string();
    query.delimiter = *rc::gen::element<std::string>("", "/", "/", "ab");
    query.after = *rc::gen::oneOf(rc::gen::just(std::string()), small_string());
    query.max_keys = *rc::gen::inRange<std::size_t>(0, 5);
    for (int page_number = 0; page_number < 50; ++page_number) {
      const Page page = list(keys, query), expected = naive(keys, query);
      RC_ASSERT(page.keys == expected.keys);
      RC_ASSERT(page.prefixes == expected.prefixes);
      RC_ASSERT(page.truncated == expected.truncated);
      if (!page.truncated) return;
      RC_ASSERT(page.last == expected.last);
      query.after = page.last;
    }
  }));
}

TEST(Listing, WalksOneKeyPerCommonPrefix) {
  std::set<std::string> keys;
  for (int folder = 0; folder < 10; ++folder) {
    for (int i = 0; i < 100; ++i)
      keys.insert("f" + std::to_string(folder) + "/" + std::to_string(i));
  }
  const Page page = list(keys, {.delimiter = "/"});
  EXPECT_EQ(page.prefixes.size(), 10U);
  EXPECT_EQ(page.walked, 10U);
}

// Documented: max-keys=0 answers an empty page that is not truncated.
TEST(Listing, NothingWanted) {
  const Page page = list({"a"}, {.max_keys = 0});
  EXPECT_TRUE(page.keys.empty());
  EXPECT_FALSE(page.truncated);
}

TEST(Listing, MarkerThatIsAPrefixSkipsIt) {
  const Page page = list({"a/1", "a/2", "b"}, {.delimiter = "/", .after = "a/"});
  EXPECT_TRUE(page.prefixes.empty());
  EXPECT_EQ(page.keys, std::vector<std::string>{"b"});
}

TEST(Listing, TokensAreOpaqueAndBound) {
  const std::string token = make_token("bucket", "some/key");
  EXPECT_EQ(token.find("some"), std::string::npos);
  EXPECT_EQ(open_token("bucket", token), "some/key");
  EXPECT_EQ(open_token("other", token), std::nullopt);
  EXPECT_EQ(open_token("bucket", "some/key"), std::nullopt);
  EXPECT_EQ(open_token("bucket", ""), std::nullopt);
  EXPECT_EQ(open_token("bucket", token.substr(0, token.size() - 4)), std::nullopt);
  EXPECT_EQ(open_token("bucket", make_token("bucket", "")), "");
}

// Recorded: blanks become '+', slashes stay.
TEST(Listing, UrlEncoding) {
  EXPECT_EQ(url_encode_listed("a b/c+d%\xc3\xa9"), "a+b/c%2Bd%25%C3%A9");
}

}  // namespace
}  // namespace penstock::s3
