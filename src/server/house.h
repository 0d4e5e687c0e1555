// House: every service of the server, built bottom up on one store and wired to each other.
//
// start() loads what is stored and starts the runners; stop() stops them, sources last, so that
// nothing calls a service that is gone. Both from an ordinary thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "async/executor.h"
#include "async/gate.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/operation.h"
#include "server/authority.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/wiring.h"
#include "services/athena/athena.h"
#include "services/dynamodb/dynamodb.h"
#include "services/firehose/firehose.h"
#include "services/glue/glue.h"
#include "services/iam/iam.h"
#include "services/kinesis/kinesis.h"
#include "services/lambda/lambda.h"
#include "services/logs/logs.h"
#include "services/pipes/pipes.h"
#include "services/s3/s3.h"
#include "services/sqs/sqs.h"
#include "storage/blobs.h"
#include "storage/store.h"

namespace penstock::server {

struct Ground {
  storage::Store& store;
  storage::BlobFiles& objects;   // S3's.
  storage::BlobFiles& packages;  // Lambda's.
  Runtime& runtime;
  Clock& clock;
  Random& random;
};

class House {
 public:
  House(const Options& options, Ground ground);
  Status start();
  // Answers the long polls that wait. Before the listener stops, which would wait for them.
  void end_waits();
  void stop();
  // Known once the listener is up: functions call back to it.
  void set_endpoint(const std::string& url);

  std::vector<protocol::ServiceBinding> bindings();
  std::vector<Gauge> gauges();
  // How many records each hop has handled, summed over all pipelines, as a JSON object.
  std::string flow_json();

  iam::Service& iam() { return *iam_; }
  dynamodb::Service& dynamodb() { return *dynamodb_; }
  kinesis::Service& kinesis() { return *kinesis_; }
  pipes::Service& pipes() { return *pipes_; }
  firehose::Service& firehose() { return *firehose_; }
  s3::Service& s3() { return *s3_; }
  sqs::Service& sqs() { return *sqs_; }
  Wiring& wiring() { return wiring_; }
  Runtime& runtime() { return ground_.runtime; }

 private:
  void make_authorities();
  void make_lambda();
  void make_pipes();
  void make_firehose();
  void make_glue();

  const Options& options_;
  Ground ground_;
  Wiring wiring_;
  Gate log_writes_;  // Lines of delivery errors on their way to CloudWatch Logs.
  ResourcePolicies policies_;
  std::optional<Grounds> grounds_;
  std::unique_ptr<iam::Service> iam_;
  std::unique_ptr<s3::Service> s3_;
  std::unique_ptr<kinesis::Service> kinesis_;
  std::unique_ptr<sqs::Service> sqs_;
  std::unique_ptr<dynamodb::Service> dynamodb_;
  std::unique_ptr<logs::Service> logs_;
  std::unique_ptr<lambda::Service> lambda_;
  std::unique_ptr<protocol::LocalArrivals> sqs_arrivals_;
  std::unique_ptr<pipes::Service> pipes_;
  std::unique_ptr<firehose::Service> firehose_;
  std::unique_ptr<glue::Service> glue_;
  std::unique_ptr<athena::Service> athena_;
};

}  // namespace penstock::server
