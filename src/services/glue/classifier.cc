// JSON and CSV classifiers. Grok and XML ones are refused: what they would classify could not be
// read.
#include "services/glue/classifier.h"

#include <fmt/core.h>

#include "base/check.h"
#include "services/glue/errors.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

ApiResult<void> check_csv(const api::CsvClassifier& csv) {
  if (csv.delimiter && csv.quote_symbol && *csv.delimiter == *csv.quote_symbol) {
    return std::unexpected(invalid_input("Parameters Delimiter and QuoteSymbol cannot be equal."));
  }
  const bool typed = csv.custom_datatype_configured.value_or(false);
  const bool has_types = csv.custom_datatypes && !csv.custom_datatypes->empty();
  if (typed != has_types) {
    return std::unexpected(invalid_input(
        "CustomDatatypes must be given when, and only when, CustomDatatypeConfigured is true."));
  }
  if (!has_types) return {};
  for (const std::string& type : *csv.custom_datatypes) {
    if (!csv_datatype(type)) {
      return std::unexpected(invalid_input(fmt::format("Unsupported custom datatype: {}.", type)));
    }
  }
  return {};
}

}  // namespace

ApiResult<void> check_classifier(const api::Classifier& classifier) {
  if (classifier.grok_classifier) return std::unexpected(unsupported("GrokClassifier"));
  if (classifier.xml_classifier) return std::unexpected(unsupported("XMLClassifier"));
  if (classifier.json_classifier.has_value() == classifier.csv_classifier.has_value()) {
    return std::unexpected(invalid_input("Exactly one classifier must be specified."));
  }
  if (classifier.csv_classifier) return check_csv(*classifier.csv_classifier);
  const Result<JsonRowSelector> selector = parse_json_paths(classifier.json_classifier->json_path);
  if (!selector) {
    return std::unexpected(invalid_input(fmt::format("Invalid JsonPath '{}': {}.",
                                                     classifier.json_classifier->json_path,
                                                     selector.error().message)));
  }
  return {};
}

std::string name_of(const api::Classifier& classifier) {
  if (classifier.json_classifier) return classifier.json_classifier->name;
  if (classifier.csv_classifier) return classifier.csv_classifier->name;
  return {};
}

CustomClassifier custom_classifier(const api::Classifier& classifier) {
  CustomClassifier custom;
  custom.name = name_of(classifier);
  if (classifier.json_classifier) {
    custom.json_path = classifier.json_classifier->json_path;
    Result<JsonRowSelector> selector = parse_json_paths(custom.json_path);
    CHECK(selector.has_value());
    custom.json = std::move(*selector);
    return custom;
  }
  CHECK(classifier.csv_classifier.has_value());
  const api::CsvClassifier& csv = *classifier.csv_classifier;
  CsvRules& rules = custom.csv.emplace();
  if (csv.delimiter) rules.delimiter = csv.delimiter->front();
  if (csv.quote_symbol) rules.quote = csv.quote_symbol->front();
  if (csv.contains_header == "PRESENT") rules.header = CsvHeader::kPresent;
  if (csv.contains_header == "ABSENT") rules.header = CsvHeader::kAbsent;
  if (csv.header) rules.names = *csv.header;
  if (csv.custom_datatypes) {
    for (const std::string& type : *csv.custom_datatypes)
      rules.types.push_back(*csv_datatype(type));
  }
  rules.keep_blanks = csv.disable_value_trimming.value_or(false);
  rules.single_column = csv.allow_single_column.value_or(false);
  rules.serde = csv.serde.value_or("");
  return custom;
}

}  // namespace penstock::glue
