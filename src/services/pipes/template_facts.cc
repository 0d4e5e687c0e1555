// Which fields of an event are encoded is documented per source.
#include "services/pipes/template_facts.h"

namespace penstock::pipes {
namespace {

std::vector<std::string> encoded_fields(SourceKind kind) {
  switch (kind) {
    case SourceKind::kDynamoDbStream: return {};
    case SourceKind::kKinesisStream: return {"data"};
    case SourceKind::kSqsQueue: return {"body"};
    case SourceKind::kKafka: return {"key", "value"};
  }
  return {};
}

}  // namespace

TemplateFacts template_facts(const PipeConfig& config, bool of_source) {
  TemplateFacts facts{config.arn(), config.name, config.source, config.target, {}};
  if (config.enrichment) facts.enrichment_arn = config.enrichment->arn;
  if (of_source) facts.encoded_fields = encoded_fields(config.source_kind);
  return facts;
}

}  // namespace penstock::pipes
