// The filters of ListCrawls. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "gen/glue/shapes.h"

namespace penstock::glue {

class CrawlFilter {
 public:
  // kInvalid: a member is missing, or the value is not of the field's type (times are epoch
  // milliseconds).
  static Result<CrawlFilter> from(const std::vector<api::CrawlsFilter>& filters);
  bool accepts(const api::CrawlerHistory& crawl) const;  // All filters must hold.

 private:
  struct Term {
    std::string field;
    std::string comparison;
    std::string text;   // CRAWL_ID, STATE.
    double number = 0;  // The others.
  };
  std::vector<Term> terms_;
};

}  // namespace penstock::glue
