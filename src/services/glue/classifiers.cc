// CreateClassifier, GetClassifier, GetClassifiers, UpdateClassifier, DeleteClassifier.
#include <fmt/core.h>

#include "services/glue/classifier.h"
#include "services/glue/operations.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

constexpr std::size_t kClassifiersPageMax = 100;

protocol::ApiError classifier_not_found(std::string_view name) {
  return not_found(fmt::format("Classifier {} not found.", name));
}

// Grok and XML requests have other members; what matters of them is that they are there.
template <typename Request>
api::Classifier kinds_of(const Request& request) {
  api::Classifier classifier;
  if (request.grok_classifier) classifier.grok_classifier.emplace();
  if (request.xml_classifier) classifier.xml_classifier.emplace();
  if (request.json_classifier)
    classifier.json_classifier.emplace().name = request.json_classifier->name;
  if (request.csv_classifier)
    classifier.csv_classifier.emplace().name = request.csv_classifier->name;
  return classifier;
}

// Copies what is set: an update leaves the rest as it was.
template <typename Csv>
void apply(const Csv& from, api::CsvClassifier& to) {
  if (from.delimiter) to.delimiter = from.delimiter;
  if (from.quote_symbol) to.quote_symbol = from.quote_symbol;
  if (from.contains_header) to.contains_header = from.contains_header;
  if (from.header) to.header = from.header;
  if (from.disable_value_trimming) to.disable_value_trimming = from.disable_value_trimming;
  if (from.allow_single_column) to.allow_single_column = from.allow_single_column;
  if (from.custom_datatype_configured)
    to.custom_datatype_configured = from.custom_datatype_configured;
  if (from.custom_datatypes) to.custom_datatypes = from.custom_datatypes;
  if (from.serde) to.serde = from.serde;
}

template <typename Kind>
void stamp(Kind& kind, Timestamp now) {
  if (!kind.creation_time) kind.creation_time = now;
  kind.last_updated = now;
  kind.version = kind.version.value_or(0) + 1;
}

}  // namespace

protocol::Reply<api::CreateClassifierResponse> create_classifier(
    Service& service, const protocol::Context& context, api::CreateClassifierRequest input) {
  api::Classifier classifier = kinds_of(input);
  const Timestamp now = service.deps.clock.now();
  if (input.json_classifier) {
    classifier.json_classifier->json_path = input.json_classifier->json_path;
    stamp(*classifier.json_classifier, now);
  }
  if (input.csv_classifier) {
    apply(*input.csv_classifier, *classifier.csv_classifier);
    if (!classifier.csv_classifier->contains_header)
      classifier.csv_classifier->contains_header = "UNKNOWN";
    stamp(*classifier.csv_classifier, now);
  }
  CO_TRY_VOID(check_classifier(classifier));
  const std::string name = name_of(classifier);
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const auto existing, catalog.find_classifier(name, View::kLatest));
  if (existing)
    co_return std::unexpected(already_exists(fmt::format("Classifier {} already exists.", name)));
  storage::Batch batch;
  catalog.put_classifier(batch, name, classifier);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreateClassifierResponse{};
}

protocol::Reply<api::GetClassifierResponse> get_classifier(Service& service,
                                                           const protocol::Context& context,
                                                           api::GetClassifierRequest input) {
  CO_TRY(auto classifier, service.catalog(context).find_classifier(input.name, View::kDurable));
  if (!classifier) co_return std::unexpected(classifier_not_found(input.name));
  api::GetClassifierResponse response;
  response.classifier = std::move(*classifier);
  co_return response;
}

protocol::Reply<api::GetClassifiersResponse> get_classifiers(Service& service,
                                                             const protocol::Context& context,
                                                             api::GetClassifiersRequest input) {
  const Catalog catalog = service.catalog(context);
  const PageRequest request =
      page_request(input.next_token, input.max_results, kClassifiersPageMax);
  CO_TRY(Page<api::Classifier> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_classifiers(request);
         })));
  api::GetClassifiersResponse response;
  response.classifiers = std::move(page.items);
  response.next_token = std::move(page.next_token);
  co_return response;
}

protocol::Reply<api::UpdateClassifierResponse> update_classifier(
    Service& service, const protocol::Context& context, api::UpdateClassifierRequest input) {
  const api::Classifier kinds = kinds_of(input);
  if (kinds.grok_classifier) co_return std::unexpected(unsupported("GrokClassifier"));
  if (kinds.xml_classifier) co_return std::unexpected(unsupported("XMLClassifier"));
  if (kinds.json_classifier.has_value() == kinds.csv_classifier.has_value()) {
    co_return std::unexpected(invalid_input("Exactly one classifier must be specified."));
  }
  const std::string name = name_of(kinds);
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(auto stored, catalog.find_classifier(name, View::kLatest));
  const bool same_kind =
      stored && stored->json_classifier.has_value() == kinds.json_classifier.has_value();
  if (!same_kind) co_return std::unexpected(classifier_not_found(name));
  const Timestamp now = service.deps.clock.now();
  if (input.json_classifier) {
    if (input.json_classifier->json_path) {
      stored->json_classifier->json_path = *input.json_classifier->json_path;
    }
    stamp(*stored->json_classifier, now);
  } else {
    apply(*input.csv_classifier, *stored->csv_classifier);
    stamp(*stored->csv_classifier, now);
  }
  CO_TRY_VOID(check_classifier(*stored));
  storage::Batch batch;
  catalog.put_classifier(batch, name, *stored);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UpdateClassifierResponse{};
}

protocol::Reply<api::DeleteClassifierResponse> delete_classifier(
    Service& service, const protocol::Context& context, api::DeleteClassifierRequest input) {
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const auto existing, catalog.find_classifier(input.name, View::kLatest));
  if (!existing) co_return std::unexpected(classifier_not_found(input.name));
  storage::Batch batch;
  catalog.erase_classifier(batch, input.name);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeleteClassifierResponse{};
}

}  // namespace penstock::glue
