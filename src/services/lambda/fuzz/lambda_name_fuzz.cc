// Function names, ARNs and permissions: no text aborts, a reference written as an ARN means the
// same, and statements are JSON.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "services/lambda/function.h"
#include "services/lambda/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::lambda;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto reference = parse_reference(text)) {
    CHECK(!reference->name.empty());
    const std::string arn =
        function_arn({"123456789012", "us-east-1"}, reference->name, reference->qualifier);
    const auto again = parse_reference(arn);
    CHECK(again && again->name == reference->name && again->qualifier == reference->qualifier);
    CHECK(again->account == "123456789012" && again->region == "us-east-1");
  }
  Permission permission{.id = text, .action = "lambda:InvokeFunction", .principal = text};
  permission.resource = permission.principal;
  if (size % 2 == 0) permission.source_arn = text;
  if (size % 3 == 0) permission.source_account = text;
  if (const auto json = policy_statement(permission)) {
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    const auto error = parser.parse(*json).get(element);
    CHECK(error == simdjson::SUCCESS || error == simdjson::UTF8_ERROR);
  }
  (void)why_not_environment({{text.substr(0, size / 2), text.substr(size / 2)}});
  return 0;
}
