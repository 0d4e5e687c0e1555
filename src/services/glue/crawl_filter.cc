// Comparing crawls with filter values.
#include "services/glue/crawl_filter.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>

namespace penstock::glue {
namespace {

bool is_text_field(const std::string& field) { return field == "CRAWL_ID" || field == "STATE"; }

template <typename T>
bool compare(const T& value, const std::string& comparison, const T& wanted) {
  if (comparison == "EQ") return value == wanted;
  if (comparison == "NE") return value != wanted;
  if (comparison == "GT") return value > wanted;
  if (comparison == "GE") return value >= wanted;
  if (comparison == "LT") return value < wanted;
  return value <= wanted;  // LE: the model knows no other.
}

std::optional<double> number_of(const api::CrawlerHistory& crawl, const std::string& field) {
  if (field == "DPU_HOUR") return crawl.dpu_hour;
  const std::optional<Timestamp>& time = field == "START_TIME" ? crawl.start_time : crawl.end_time;
  if (!time) return std::nullopt;
  return static_cast<double>(time->millis());
}

}  // namespace

Result<CrawlFilter> CrawlFilter::from(const std::vector<api::CrawlsFilter>& filters) {
  CrawlFilter result;
  for (const api::CrawlsFilter& filter : filters) {
    if (!filter.field_name || !filter.filter_operator || !filter.field_value) {
      return fail(ErrorKind::kInvalid, "A filter needs FieldName, FilterOperator and FieldValue.");
    }
    Term term{*filter.field_name, *filter.filter_operator, *filter.field_value, 0};
    if (is_text_field(term.field)) {
      if (term.comparison != "EQ" && term.comparison != "NE") {
        return fail(ErrorKind::kInvalid,
                    fmt::format("{} can only be filtered by EQ and NE.", term.field));
      }
    } else {
      const char* end = term.text.data() + term.text.size();
      const auto [stop, error] = std::from_chars(term.text.data(), end, term.number);
      if (error != std::errc() || stop != end) {
        return fail(ErrorKind::kInvalid, fmt::format("{} is not a number.", term.text));
      }
    }
    result.terms_.push_back(std::move(term));
  }
  return result;
}

bool CrawlFilter::accepts(const api::CrawlerHistory& crawl) const {
  for (const Term& term : terms_) {
    if (is_text_field(term.field)) {
      const auto& text = term.field == "STATE" ? crawl.state : crawl.crawl_id;
      if (!compare(text.value_or(""), term.comparison, term.text)) return false;
      continue;
    }
    const std::optional<double> number = number_of(crawl, term.field);
    if (!number || !compare(*number, term.comparison, term.number)) return false;
  }
  return true;
}

}  // namespace penstock::glue
