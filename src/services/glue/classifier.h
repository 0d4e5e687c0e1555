// Classifiers as values: checking what users define, and turning it into what a crawl uses. Pure.
#pragma once

#include <string>

#include "gen/glue/shapes.h"
#include "protocol/api_error.h"
#include "services/glue/classify.h"

namespace penstock::glue {

protocol::ApiResult<void> check_classifier(const api::Classifier& classifier);
std::string name_of(const api::Classifier& classifier);

// Requires: the classifier passed check_classifier().
CustomClassifier custom_classifier(const api::Classifier& classifier);

}  // namespace penstock::glue
