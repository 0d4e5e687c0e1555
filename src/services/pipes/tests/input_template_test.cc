// Input templates, on data: input_templates.txt holds the cases, each with how it is known.
#include "services/pipes/input_template.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>

namespace penstock::pipes {
namespace {

constexpr std::string_view kRefused =
    "Invalid json path reference or predefined variable for placeholder";

struct TemplateEvent {
  simdjson::padded_string text;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string coded;
  TemplateFacts facts{"arn:pipe",
                      "p",
                      "arn:source",
                      "arn:target",
                      Timestamp::from_seconds(std::int64_t{1'700'000'000}),
                      "arn:enrichment"};

  void become(std::string_view json) {
    text = simdjson::padded_string(json);
    ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << json;
    facts.encoded_event = {};
    facts.encoded_fields.clear();
    facts.payload_is_json = true;
  }
};

void check_template(TemplateEvent& event, const std::string& text, const std::string& expected) {
  const auto parsed = InputTemplate::parse(text);
  if (expected == "REFUSED") {
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().message, kRefused) << text;
    return;
  }
  ASSERT_TRUE(parsed.has_value()) << text;
  EXPECT_EQ(parsed->render(event.root, event.facts), expected) << text;
}

TEST(InputTemplate, DoesWhatTheTableSays) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "input_templates.txt");
  ASSERT_TRUE(file.is_open());
  TemplateEvent event;
  std::string line;
  std::string evidence;
  int cases = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    SCOPED_TRACE(fmt::format("line {}, {}", number, evidence));
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = std::min(line.find(' '), line.size() - 1);
    const std::string kind = line.substr(0, line.find(' '));
    const std::string rest = line.substr(space + 1);
    if (kind == "evidence") {
      evidence = rest;
      EXPECT_TRUE(rest.starts_with("recorded:") || rest.starts_with("documented:") ||
                  rest.starts_with("deduced:"));
    } else if (kind == "event") {
      event.become(rest);
    } else if (kind == "coded") {
      event.coded = rest;
      event.facts.encoded_event = event.coded;
    } else if (kind == "field") {
      event.facts.encoded_fields.push_back(rest);
    } else if (kind == "plain") {
      event.facts.payload_is_json = false;
    } else if (kind == "template") {
      ASSERT_TRUE(std::getline(file, line));
      ++number;
      check_template(event, rest, line.substr(std::min<std::size_t>(2, line.size())));
      ++cases;
    } else {
      FAIL() << "an unknown line: " << line;
    }
  }
  EXPECT_GE(cases, 100);
}

}  // namespace
}  // namespace penstock::pipes
