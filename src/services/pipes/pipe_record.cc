// Version 1 knew streams as sources and Kinesis as the target; version 2 appends what the other
// kinds need. Each write_x has its read_x beside it, in the order of the record.
#include "services/pipes/pipe_record.h"

#include "storage/key.h"

namespace penstock::pipes {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kPipeVersion = 2;

std::unexpected<Error> corrupt_pipe() {
  return fail(ErrorKind::kCorrupt, "a stored pipe's configuration cannot be read");
}

void write_optional(ValueWriter& w, const std::optional<std::string>& text) {
  w.boolean(text.has_value()).text(text.value_or(""));
}

std::optional<std::string> read_optional(ValueReader& r) {
  const bool present = r.boolean();
  std::string text(r.text());
  return present ? std::optional(std::move(text)) : std::nullopt;
}

void write_list(ValueWriter& w, const std::vector<std::string>& texts) {
  w.u64(texts.size());
  for (const std::string& text : texts) w.text(text);
}

std::vector<std::string> read_list(ValueReader& r) {
  std::vector<std::string> texts;
  for (std::uint64_t n = r.u64(); n > 0 && r.ok(); --n) texts.emplace_back(r.text());
  return texts;
}

// An enumerator below `count`; nullopt for anything else.
template <typename Enum>
std::optional<Enum> read_enum(ValueReader& r, int count) {
  const std::uint64_t value = r.u64();
  if (!r.ok() || value >= static_cast<std::uint64_t>(count)) return std::nullopt;
  return static_cast<Enum>(value);
}

std::uint64_t unsigned_of(std::int32_t value) { return static_cast<std::uint32_t>(value); }
std::int32_t signed_of(std::uint64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}

void write_head(ValueWriter& w, const PipeConfig& c) {
  w.u64(c.id).text(c.place.account).text(c.place.region).text(c.name);
  write_optional(w, c.description);
  w.text(c.source).u64(static_cast<std::uint64_t>(c.source_kind));
  w.u64(unsigned_of(c.settings.batch_size)).u64(unsigned_of(c.settings.window_seconds));
  w.u64(unsigned_of(c.settings.record_age_seconds_max));
  w.u64(unsigned_of(c.settings.retry_attempts_max));
  w.u64(unsigned_of(c.settings.parallelization_factor)).boolean(c.settings.bisect);
  w.text(c.starting_position).boolean(c.starting_timestamp.has_value());
  w.i64(c.starting_timestamp.value_or(Timestamp{}).micros);
  w.boolean(c.filters.has_value());
  write_list(w, c.filters.value_or(std::vector<std::string>{}));
  const auto* kinesis = std::get_if<KinesisTarget>(&c.target_settings.block);
  w.text(c.target).text(kinesis != nullptr ? kinesis->partition_key : "");
  write_optional(w, c.target_settings.input_template);
  w.text(c.role_arn).u64(c.tags.size());
  for (const auto& [key, value] : c.tags) w.text(key).text(value);
  w.boolean(c.wants_running).u64(static_cast<std::uint64_t>(c.state)).text(c.state_reason);
  w.i64(c.created.micros).i64(c.modified.micros);
}

void read_stream_settings(ValueReader& r, SourceSettings& s) {
  s.batch_size = signed_of(r.u64());
  s.window_seconds = signed_of(r.u64());
  s.record_age_seconds_max = signed_of(r.u64());
  s.retry_attempts_max = signed_of(r.u64());
  s.parallelization_factor = signed_of(r.u64());
  s.bisect = r.boolean();
}

bool read_head(ValueReader& r, PipeConfig& c) {
  c.id = r.u64();
  c.place.account = r.text();
  c.place.region = r.text();
  c.name = r.text();
  c.description = read_optional(r);
  c.source = r.text();
  const auto kind = read_enum<SourceKind>(r, kSourceKindCount);
  if (!kind) return false;
  c.source_kind = *kind;
  read_stream_settings(r, c.settings);
  c.starting_position = r.text();
  const bool has_timestamp = r.boolean();
  const Timestamp timestamp{r.i64()};
  if (has_timestamp) c.starting_timestamp = timestamp;
  const bool has_filters = r.boolean();
  std::vector<std::string> filters = read_list(r);
  if (has_filters) c.filters = std::move(filters);
  c.target = r.text();
  c.target_settings.block = KinesisTarget{std::string(r.text())};
  c.target_settings.block_named = true;
  c.target_settings.input_template = read_optional(r);
  c.role_arn = r.text();
  for (std::uint64_t n = r.u64(); n > 0 && r.ok(); --n) {
    std::string key(r.text());
    c.tags.emplace(std::move(key), r.text());
  }
  c.wants_running = r.boolean();
  const auto state = read_enum<PipeState>(r, kPipeStateCount);
  if (!state) return false;
  c.state = *state;
  c.state_reason = r.text();
  c.created.micros = r.i64();
  c.modified.micros = r.i64();
  return r.ok();
}

void write_source(ValueWriter& w, const PipeConfig& c) {
  const SourceSettings::Named& named = c.settings.named;
  w.boolean(named.window).boolean(named.record_age).boolean(named.retry_attempts);
  w.boolean(named.parallelization_factor).boolean(named.starting_position);
  write_optional(w, c.settings.dead_letter_arn);
  w.boolean(c.kafka.has_value());
  if (!c.kafka) return;
  const KafkaSource& kafka = *c.kafka;
  w.text(kafka.topic);
  write_list(w, kafka.more_bootstrap_servers);
  write_optional(w, kafka.consumer_group_id);
  w.boolean(kafka.credentials.has_value());
  if (kafka.credentials) {
    w.u64(static_cast<std::uint64_t>(kafka.credentials->kind)).text(kafka.credentials->secret_arn);
  }
  write_optional(w, kafka.server_root_ca_certificate);
  w.boolean(kafka.vpc.has_value());
  if (kafka.vpc) {
    write_list(w, kafka.vpc->subnets);
    write_list(w, kafka.vpc->security_groups);
  }
}

bool read_source(ValueReader& r, PipeConfig& c) {
  SourceSettings::Named& named = c.settings.named;
  named.window = r.boolean();
  named.record_age = r.boolean();
  named.retry_attempts = r.boolean();
  named.parallelization_factor = r.boolean();
  named.starting_position = r.boolean();
  c.settings.dead_letter_arn = read_optional(r);
  if (!r.boolean()) return r.ok();
  KafkaSource& kafka = c.kafka.emplace();
  kafka.topic = r.text();
  kafka.more_bootstrap_servers = read_list(r);
  kafka.consumer_group_id = read_optional(r);
  if (r.boolean()) {
    const auto kind = read_enum<KafkaCredentials::Kind>(r, 4);
    if (!kind) return false;
    kafka.credentials = KafkaCredentials{*kind, std::string(r.text())};
  }
  kafka.server_root_ca_certificate = read_optional(r);
  if (r.boolean()) {
    KafkaVpc& vpc = kafka.vpc.emplace();
    vpc.subnets = read_list(r);
    vpc.security_groups = read_list(r);
  }
  return r.ok();
}

void write_enrichment(ValueWriter& w, const std::optional<Enrichment>& enrichment) {
  w.boolean(enrichment.has_value());
  if (!enrichment) return;
  w.text(enrichment->arn);
  write_optional(w, enrichment->input_template);
}

bool read_enrichment(ValueReader& r, std::optional<Enrichment>& enrichment) {
  if (!r.boolean()) return r.ok();
  enrichment.emplace().arn = r.text();
  enrichment->input_template = read_optional(r);
  return r.ok();
}

// Two texts for every kind; what they are depends on it. That of Kinesis is in the head.
void write_target(ValueWriter& w, const TargetSettings& settings) {
  w.boolean(settings.block_named).u64(static_cast<std::uint64_t>(settings.kind()));
  std::optional<std::string> first, second;
  if (const auto* lambda = std::get_if<LambdaTarget>(&settings.block)) {
    first = lambda->invocation_type;
  } else if (const auto* sqs = std::get_if<SqsTarget>(&settings.block)) {
    first = sqs->message_group_id;
    second = sqs->message_deduplication_id;
  } else if (const auto* logs = std::get_if<LogsTarget>(&settings.block)) {
    first = logs->log_stream_name;
    second = logs->timestamp;
  }
  write_optional(w, first);
  write_optional(w, second);
}

bool read_target(ValueReader& r, TargetSettings& settings) {
  settings.block_named = r.boolean();
  const auto kind = read_enum<TargetKind>(r, kTargetKindCount);
  std::optional<std::string> first = read_optional(r);
  std::optional<std::string> second = read_optional(r);
  if (!kind || !r.ok()) return false;
  switch (*kind) {
    case TargetKind::kKinesisStream: break;
    case TargetKind::kFirehose: settings.block = FirehoseTarget{}; break;
    case TargetKind::kLambda: settings.block = LambdaTarget{std::move(first)}; break;
    case TargetKind::kSqsQueue:
      settings.block = SqsTarget{std::move(first), std::move(second)};
      break;
    case TargetKind::kLogGroup:
      settings.block = LogsTarget{std::move(first), std::move(second)};
      break;
  }
  return true;
}

void write_log(ValueWriter& w, const std::optional<LogSettings>& log) {
  w.boolean(log.has_value());
  if (!log) return;
  w.u64(static_cast<std::uint64_t>(log->level)).boolean(log->include_execution_data);
  write_optional(w, log->log_group_arn);
  write_optional(w, log->delivery_stream_arn);
  w.boolean(log->s3.has_value());
  if (!log->s3) return;
  w.text(log->s3->bucket_name).text(log->s3->bucket_owner);
  write_optional(w, log->s3->prefix);
  write_optional(w, log->s3->output_format);
}

bool read_log(ValueReader& r, std::optional<LogSettings>& stored) {
  if (!r.boolean()) return r.ok();
  LogSettings& log = stored.emplace();
  const auto level = read_enum<LogLevel>(r, kLogLevelCount);
  if (!level) return false;
  log.level = *level;
  log.include_execution_data = r.boolean();
  log.log_group_arn = read_optional(r);
  log.delivery_stream_arn = read_optional(r);
  if (!r.boolean()) return r.ok();
  S3Log& s3 = log.s3.emplace();
  s3.bucket_name = r.text();
  s3.bucket_owner = r.text();
  s3.prefix = read_optional(r);
  s3.output_format = read_optional(r);
  return r.ok();
}

}  // namespace

std::string encode_pipe(const PipeConfig& c) {
  ValueWriter w(kPipeVersion);
  write_head(w, c);
  write_source(w, c);
  write_enrichment(w, c.enrichment);
  write_target(w, c.target_settings);
  write_log(w, c.log);
  return w.take();
}

Result<PipeConfig> decode_pipe(std::string_view value) {
  ValueReader r(value);
  PipeConfig c;
  const std::uint8_t version = r.version().value_or(0);
  if (version < 1 || version > kPipeVersion || !read_head(r, c)) return corrupt_pipe();
  if (version >= 2 && !(read_source(r, c) && read_enrichment(r, c.enrichment) &&
                        read_target(r, c.target_settings) && read_log(r, c.log))) {
    return corrupt_pipe();
  }
  if (!r.done()) return corrupt_pipe();
  if (version == 1) c.settings.named = {true, true, true, true, false};  // All were shown.
  return c;
}

}  // namespace penstock::pipes
