// Who gets what: the dependencies of each service.
#include "server/house.h"

#include <fmt/format.h>

#include "gen/logs/client.h"
#include "gen/s3/model.h"
#include "protocol/json_writer.h"
#include "server/authority.h"

namespace penstock::server {
namespace {

Task<Status> check_role(const iam::Service& iam, std::string role_arn, std::string service) {
  if (auto why = iam::why_not_assumable(iam, role_arn, service)) {
    co_return fail(ErrorKind::kInvalid, std::move(*why));
  }
  co_return Status();
}

Task<protocol::ApiResult<void>> delivery_role(const iam::Service& iam, std::string role_arn,
                                              std::string service) {
  if (iam::why_not_assumable(iam, role_arn, service)) {
    co_return protocol::refuse(
        "InvalidArgumentException",
        fmt::format("Firehose is unable to assume role {}. Please check the role provided.",
                    role_arn));
  }
  co_return protocol::ApiResult<void>();
}

// Crawlers may name their role without its ARN.
Task<bool> check_crawler_role(const iam::Service& iam, protocol::Context context,
                              std::string role) {
  if (!role.starts_with("arn:")) {
    while (role.starts_with('/')) role.erase(0, 1);
    role = fmt::format("arn:aws:iam::{}:role/{}", context.account, role);
  }
  co_return !iam::why_not_assumable(iam, role, "glue.amazonaws.com");
}

Task<Result<lambda::RoleCredentials>> function_session(iam::Service& iam, std::string role_arn,
                                                       std::string session_name) {
  CO_TRY(const iam::ServiceSession session,
         co_await iam::open_service_session(iam, std::move(role_arn), std::move(session_name)));
  co_return lambda::RoleCredentials{session.access_key, session.secret_key, session.session_token,
                                    session.expires};
}

std::shared_ptr<const std::string> function_policy(const lambda::Service& lambda,
                                                   std::string_view arn) {
  const auto named = lambda::parse_reference(arn);
  if (!named) return nullptr;
  auto document = lambda::resource_policy(lambda, {named->account, named->region}, named->name,
                                          named->qualifier);
  if (!document) return nullptr;
  return std::make_shared<const std::string>(std::move(*document));
}

// Owns the context for as long as the call takes.
protocol::Reply<s3::api::PutObjectOutput> put_in_one_commit(s3::Service& s3,
                                                            protocol::Authorize authorize,
                                                            protocol::Context context,
                                                            s3::api::PutObjectRequest input,
                                                            storage::Batch extra) {
  if (authorize) {
    auto any = protocol::AnyShape::of(std::move(input));
    CO_TRY_VOID(co_await authorize(context, s3::op::PutObject::kInfo, any));
    input = std::move(any.as<s3::api::PutObjectRequest>());
  }
  co_return co_await s3::put_with(s3, context, std::move(input), std::move(extra));
}

// Appends lines to a log stream; the group and the stream are made when they are absent.
Task<void> write_log(logs::Client client, protocol::Context context, std::string group,
                     std::string stream, std::vector<glue::LogLine> lines) {
  logs::api::PutLogEventsRequest request;
  request.log_group_name = group;
  request.log_stream_name = stream;
  for (glue::LogLine& line : lines)
    request.log_events.push_back({line.time.millis(), std::move(line.message)});
  auto reply = co_await client.put_log_events(context, request);
  if (reply || reply.error().code != "ResourceNotFoundException") co_return;
  logs::api::CreateLogGroupRequest make_group;
  make_group.log_group_name = group;
  (void)co_await client.create_log_group(context, make_group);
  logs::api::CreateLogStreamRequest make_stream;
  make_stream.log_group_name = group;
  make_stream.log_stream_name = stream;
  (void)co_await client.create_log_stream(context, make_stream);
  (void)co_await client.put_log_events(context, std::move(request));
}

}  // namespace

House::House(const Options& options, Ground ground)
    : options_(options), ground_(ground), wiring_(options, ground.runtime, ground.clock) {
  auto& [store, objects, packages, runtime, clock, random] = ground_;
  iam_ = std::make_unique<iam::Service>(iam::Dependencies{store, clock, random});
  make_authorities();
  s3_ = std::make_unique<s3::Service>(s3::Dependencies{store, objects, runtime, clock, random});
  kinesis_ =
      std::make_unique<kinesis::Service>(kinesis::Dependencies{store, runtime, clock, random},
                                         kinesis::Options{.throttle = options.kinesis_throttle});
  sqs_ = std::make_unique<sqs::Service>(sqs::Dependencies{
      store, runtime, clock, random,
      [this](const protocol::Context& context, const std::string& action, const std::string& queue,
             const std::string& policy) {
        return iam::lets_in(*iam_, context, "sqs:" + action, queue, policies_.compiled(policy));
      }});
  dynamodb_ = dynamodb::make({store, runtime, clock, random, &wiring_.caller("s3"),
                              &wiring_.caller("kinesis"), &wiring_.caller("logs")},
                             {.throttle = options.dynamodb_throttle,
                              .shard_life = std::chrono::seconds(options.stream_shard_seconds)});
  logs_ = std::make_unique<logs::Service>(logs::Dependencies{store, runtime, clock, random});
  make_lambda();
  make_pipes();
  make_firehose();
  make_glue();
  athena_ = std::make_unique<athena::Service>(athena::Dependencies{
      store, runtime, clock, random, wiring_.caller("glue"), wiring_.caller("s3")});
  for (const protocol::ServiceBinding& binding : bindings()) wiring_.bind(binding);
}

// The services are asked once they are there: the first call comes later.
void House::make_authorities() {
  policies_.add("dynamodb", [this](std::string_view arn) {
    return dynamodb::resource_policy(*dynamodb_, arn);
  });
  policies_.add("kinesis",
                [this](std::string_view arn) { return kinesis::resource_policy(*kinesis_, arn); });
  policies_.add("sqs", [this](std::string_view arn) { return sqs::resource_policy(*sqs_, arn); });
  policies_.add("lambda", [this](std::string_view arn) { return function_policy(*lambda_, arn); });
  grounds_.emplace(Grounds{*iam_, policies_, {}});
  grounds_->names.of_token = [this](const protocol::Context& context, std::string_view token) {
    return kinesis::stream_of_token(*kinesis_, context.place(), token);
  };
  grounds_->names.of_consumer = [this](std::string_view stream, std::string_view name) {
    return kinesis::consumer_of_stream(*kinesis_, stream, name);
  };
  wiring_.set_authority(make_authority(*grounds_, options_.auth));
}

void House::make_lambda() {
  iam::Service& known = *iam_;
  lambda::Dependencies needs{.store = ground_.store,
                             .files = ground_.packages,
                             .runtime = ground_.runtime,
                             .clock = ground_.clock,
                             .random = ground_.random,
                             .s3 = &wiring_.caller("s3"),
                             .logs = &wiring_.caller("logs")};
  needs.check_role = [&known](lambda::RoleUse use) {
    return check_role(known, std::move(use.role_arn), std::move(use.service));
  };
  needs.make_session = [&known](std::string, std::string role_arn, std::string session_name) {
    return function_session(known, std::move(role_arn), std::move(session_name));
  };
  needs.kinesis = &wiring_.caller("kinesis");
  needs.dynamodbstreams = &wiring_.caller("dynamodbstreams");
  needs.sqs = &wiring_.caller("sqs");
  needs.kinesis_arrivals = &wiring_.arrivals("kinesis", kinesis_->arrivals);
  needs.dynamodb_arrivals = &dynamodb_->arrivals;
  needs.may_act = [this](const protocol::Context& context, const std::string& action,
                         const std::string& resource) {
    return may_act(*grounds_, options_.auth, context, {action, resource});
  };
  lambda::Options lambda_options;
  lambda_options.directory = options_.data + "/functions";
  lambda_ = std::make_unique<lambda::Service>(std::move(needs), std::move(lambda_options));
}

void House::make_pipes() {
  iam::Service& known = *iam_;
  pipes::Dependencies needs{.store = ground_.store,
                            .runtime = ground_.runtime,
                            .clock = ground_.clock,
                            .random = ground_.random,
                            .dynamodbstreams = wiring_.caller("dynamodbstreams"),
                            .dynamodb_arrivals = dynamodb_->arrivals,
                            .kinesis = wiring_.caller("kinesis"),
                            .kinesis_arrivals = wiring_.arrivals("kinesis", kinesis_->arrivals)};
  needs.check_role = [&known](pipes::RoleUse use) {
    return check_role(known, std::move(use.role_arn), std::move(use.service));
  };
  needs.firehose = &wiring_.caller("firehose");
  needs.lambda = &wiring_.caller("lambda");
  needs.sqs = &wiring_.caller("sqs");
  sqs_arrivals_ = std::make_unique<protocol::LocalArrivals>(sqs_->notifier);
  needs.sqs_arrivals = &wiring_.arrivals("sqs", *sqs_arrivals_);
  needs.logs = &wiring_.caller("logs");
  pipes_ = std::make_unique<pipes::Service>(std::move(needs));
}

void House::make_firehose() {
  iam::Service& known = *iam_;
  s3::Service& objects = *s3_;
  protocol::Caller& logs_caller = wiring_.caller("logs");
  firehose::PutWith put_with;
  if (!wiring_.is_remote("s3")) {
    const protocol::Authorize authorize = wiring_.authority();
    put_with = [&objects, authorize](protocol::Context context, s3::api::PutObjectRequest input,
                                     storage::Batch extra) {
      return put_in_one_commit(objects, authorize, std::move(context), std::move(input),
                               std::move(extra));
    };
  }
  firehose_ = std::make_unique<firehose::Service>(firehose::Dependencies{
      .store = ground_.store,
      .runtime = ground_.runtime,
      .clock = ground_.clock,
      .random = ground_.random,
      .kinesis = kinesis::Client(wiring_.caller("kinesis")),
      .lambda = lambda::Client(wiring_.caller("lambda")),
      .s3 = s3::Client(wiring_.caller("s3")),
      .arrivals = wiring_.arrivals("kinesis", kinesis_->arrivals),
      .put_with = std::move(put_with),
      .check_role =
          [&known](std::string arn, std::string principal) {
            return delivery_role(known, std::move(arn), std::move(principal));
          },
      .log_sink =
          [this, &logs_caller](firehose::DeliveryLog log) {
            protocol::Context context;
            context.account = log.account;
            context.region = log.region;
            std::vector<glue::LogLine> lines;
            lines.push_back({log.time, std::move(log.message)});
            log_writes_.spawn(
                ground_.runtime.next_loop(),
                write_log(logs::Client(logs_caller), std::move(context), std::move(log.group),
                          std::move(log.stream), std::move(lines)));
          },
  });
}

void House::make_glue() {
  iam::Service& known = *iam_;
  glue::Dependencies needs{.store = ground_.store,
                           .runtime = ground_.runtime,
                           .clock = ground_.clock,
                           .random = ground_.random,
                           .s3 = wiring_.caller("s3")};
  needs.may_assume = [&known](protocol::Context context, std::string role) {
    return check_crawler_role(known, std::move(context), std::move(role));
  };
  protocol::Caller& logs_caller = wiring_.caller("logs");
  needs.write_log = [&logs_caller](protocol::Context context, std::string group, std::string stream,
                                   std::vector<glue::LogLine> lines) {
    return write_log(logs::Client(logs_caller), std::move(context), std::move(group),
                     std::move(stream), std::move(lines));
  };
  glue_ = std::make_unique<glue::Service>(std::move(needs));
}

std::vector<protocol::ServiceBinding> House::bindings() {
  return {iam::binding(*iam_),
          iam::sts_binding(*iam_),
          s3::binding(*s3_),
          kinesis::binding(*kinesis_),
          sqs::binding(*sqs_),
          dynamodb::binding(*dynamodb_),
          dynamodb::streams_binding(*dynamodb_),
          logs::binding(*logs_),
          pipes::binding(*pipes_),
          glue::binding(*glue_),
          lambda::binding(*lambda_),
          firehose::binding(*firehose_),
          athena::binding(*athena_)};
}

Status House::start() {
  TRY_VOID(iam_->start());
  TRY_VOID(s3_->start());
  TRY_VOID(kinesis_->start());
  TRY_VOID(sqs_->start());
  TRY_VOID(dynamodb_->start());
  TRY_VOID(logs_->start());
  TRY_VOID(lambda_->start());
  TRY_VOID(glue_->start());
  TRY_VOID(athena_->start());
  TRY_VOID(firehose_->start());
  return pipes_->start();
}

void House::end_waits() { sqs_->end_waits(); }

void House::stop() {
  end_waits();  // The event source mappings of queues wait, too.
  athena_->stop();
  firehose_->stop();
  pipes_->stop();
  glue_->stop();
  lambda_->stop();
  log_writes_.close();
  logs_->stop();
  dynamodb_->stop();
  sqs_->stop();
  kinesis_->stop();
  s3_->stop();
}

void House::set_endpoint(const std::string& url) {
  lambda_->set_endpoint_url(url);
  lambda_->begin_mappings();
}

std::string House::flow_json() {
  std::uint64_t piped = 0, filtered = 0, failed = 0, records = 0;
  if (const auto pipes = pipes::progress(*pipes_)) {
    for (const pipes::PipeProgress& pipe : *pipes) {
      for (const pipes::ShardProgress& shard : pipe.shards) {
        piped += shard.position.counters.delivered;
        filtered += shard.position.counters.filtered;
        failed += shard.position.counters.failed;
      }
    }
  }
  for (const kinesis::ShardProgress& shard : kinesis::progress(*kinesis_)) records += shard.records;
  firehose::Totals totals;
  std::uint64_t read = 0, invocations = 0;
  for (const firehose::StreamStats& stream : firehose::stats(*firehose_)) {
    read += stream.read_records;
    invocations += stream.invocations;
    totals.delivered += stream.totals.delivered;
    totals.dropped += stream.totals.dropped;
    totals.failed += stream.totals.failed;
    totals.objects += stream.totals.objects;
  }
  std::string out;
  protocol::JsonWriter json(out);
  const std::pair<std::string_view, std::uint64_t> hops[] = {
      {"piped", piped},
      {"filtered", filtered + totals.dropped},
      {"records", records},
      {"read", read},
      {"invocations", invocations},
      {"delivered", totals.delivered},
      {"objects", totals.objects},
      {"failed", failed + totals.failed}};
  json.begin_object();
  for (const auto& [name, count] : hops) json.key(name).integer(static_cast<std::int64_t>(count));
  json.end_object();
  return out;
}

std::vector<Gauge> House::gauges() {
  std::vector<Gauge> out;
  if (auto pipes = pipes::progress(*pipes_)) {
    for (const pipes::PipeProgress& pipe : *pipes) {
      const std::vector<std::pair<std::string, std::string>> labels = {{"pipe", pipe.arn}};
      out.push_back({"penstock_pipe_lag_seconds",
                     "Age of the newest record when it was durable at the target.", labels,
                     static_cast<double>(pipe.lag_millis) / 1000.0});
      out.push_back({"penstock_pipe_target_errors", "Failed calls of the target since the start.",
                     labels, static_cast<double>(pipe.target_errors)});
    }
  }
  for (const firehose::StreamStats& stream : firehose::stats(*firehose_)) {
    const std::vector<std::pair<std::string, std::string>> labels = {{"stream", stream.arn}};
    const std::pair<const char*, std::uint64_t> counts[] = {
        {"penstock_firehose_delivered_records", stream.totals.delivered},
        {"penstock_firehose_failed_records", stream.totals.failed},
        {"penstock_firehose_dropped_records", stream.totals.dropped},
        {"penstock_firehose_objects", stream.totals.objects},
        {"penstock_firehose_buffered_records", stream.buffered_records}};
    for (const auto& [name, count] : counts) {
      out.push_back({name, "See docs/services: Firehose.", labels, static_cast<double>(count)});
    }
  }
  for (const sqs::QueueStats& queue : sqs::stats(*sqs_)) {
    const std::vector<std::pair<std::string, std::string>> labels = {{"queue", queue.arn}};
    const std::pair<const char*, std::uint64_t> counts[] = {
        {"penstock_sqs_visible_messages", queue.counts.visible},
        {"penstock_sqs_in_flight_messages", queue.counts.in_flight},
        {"penstock_sqs_delayed_messages", queue.counts.delayed},
        {"penstock_sqs_oldest_message_age_seconds",
         static_cast<std::uint64_t>(queue.oldest_age_seconds)}};
    for (const auto& [name, count] : counts) {
      out.push_back({name, "Messages of a queue; in flight: received and hidden.", labels,
                     static_cast<double>(count)});
    }
  }
  const storage::StoreStats store = ground_.store.stats();
  out.push_back({"penstock_store_commits",
                 "Merged writes since the start.",
                 {},
                 static_cast<double>(store.commits)});
  out.push_back({"penstock_store_syncs",
                 "Syncs of the log since the start.",
                 {},
                 static_cast<double>(store.syncs)});
  return out;
}

}  // namespace penstock::server
