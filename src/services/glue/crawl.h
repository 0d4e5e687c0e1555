// One run of a crawler, from its start to its entry in the history.
#pragma once

#include <memory>
#include <string>

#include "services/glue/glue.h"

namespace penstock::glue {

// Begins a crawl in the background: the state is RUNNING when this returns.
// CrawlerRunningException when it runs already.
protocol::ApiResult<void> begin_crawl(Service& service, const Place& place, api::Crawler crawler);

}  // namespace penstock::glue
