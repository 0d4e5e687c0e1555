// How a crawl sees S3: what lies below an include path, and samples of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gen/s3/client.h"
#include "services/glue/classify.h"
#include "services/glue/crawler.h"
#include "services/glue/folders.h"
#include "services/glue/running.h"

namespace penstock {
class Runtime;
}

namespace penstock::glue {

// What a crawl carries along; outlives all that it is given to.
struct CrawlReader {
  s3::Client s3;
  protocol::Context context;  // The calls are made as the crawler's role.
  Runtime& runtime;
  std::shared_ptr<RunningCrawl> run;
  std::vector<CustomClassifier> classifiers;
  std::vector<std::string> notes;  // For the crawl's log.
};

struct ListedObject {
  std::string key;
  std::uint64_t size = 0;
};

struct Listing {
  std::string include;  // Key prefix ending in '/' (or empty), or the key of the one object.
  bool is_object = false;
  std::vector<ListedObject> objects;  // Data only, exclusions left out, in key order.
};

// Ends early, with what there is, when the crawl is asked to stop.
protocol::Reply<Listing> list_target(CrawlReader& reader, S3Location location,
                                     std::vector<std::string> exclusions);

// Classifies the objects; with a sample size, that many of each folder. An object that is gone by
// now is left out.
protocol::Reply<std::vector<FoundObject>> classify_objects(CrawlReader& reader, std::string bucket,
                                                           std::vector<ListedObject> objects,
                                                           std::optional<std::int32_t> sample_size);

}  // namespace penstock::glue
