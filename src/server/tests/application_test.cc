// The whole server in this process: the typed clients over real HTTP and signatures (RemoteCaller against
// penstock itself), strict authentication, and the walkers over models and tables.
#include "server/application.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "async/gate.h"
#include "gen/kinesis/client.h"
#include "gen/s3/client.h"
#include "gen/sts/client.h"
#include "net/client.h"
#include "protocol/remote_caller.h"
#include "protocol/validation.h"
#include "server/house.h"

namespace penstock::server {
namespace {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "penstock-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Options options_in(const Scratch& scratch) {
  Options options;
  options.data = scratch.path();
  options.port = 0;
  options.durability = storage::Durability::kNone;
  return options;
}

struct Remote {
  Runtime runtime{{.loops = 1}};
  SystemClock clock;
  std::unique_ptr<net::HttpClient> http = net::HttpClient::make(runtime);
  protocol::RemoteCaller caller;

  Remote(const std::string& url, std::string key, std::string secret)
      : caller(*http, clock, {.url = url, .region = "eu-west-1", .credentials = {std::move(key), std::move(secret), ""}}) {}
  template <typename T>
  T run(Task<T> task) {
    return block_on(runtime.loop(0), std::move(task));
  }
};

TEST(Application, ServesItsOwnRemoteClient) {
  const Scratch scratch;
  auto application = Application::start(options_in(scratch));
  ASSERT_TRUE(application.has_value()) << application.error().message;
  Remote remote((*application)->url(), "123456789012", "anything");
  const kinesis::Client client(remote.caller);
  kinesis::api::CreateStreamInput create;
  create.stream_name = "orders";
  create.shard_count = 1;
  ASSERT_TRUE(remote.run(client.create_stream({}, create)).has_value());
  kinesis::api::PutRecordInput put;
  put.stream_name = "orders";
  put.partition_key = "k";
  put.data.bytes = std::string("\0\x01 bytes", 8);
  const auto reply = remote.run(client.put_record({}, put));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->shard_id, "shardId-000000000000");
  put.stream_name = "absent";
  const auto refused = remote.run(client.put_record({}, put));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "ResourceNotFoundException");
  EXPECT_EQ(refused.error().message, "Stream absent under account 123456789012 not found.");

  const s3::Client objects(remote.caller);
  s3::api::CreateBucketRequest bucket;
  bucket.bucket = "remote-bucket";
  bucket.create_bucket_configuration.emplace().location_constraint = "eu-west-1";
  ASSERT_TRUE(remote.run(objects.create_bucket({}, bucket)).has_value());
  s3::api::PutObjectRequest object;
  object.bucket = "remote-bucket";
  object.key = "a b/ü?.txt";
  object.body = net::Body(std::string(300'000, 'x'));
  const auto stored = remote.run(objects.put_object({}, std::move(object)));
  ASSERT_TRUE(stored.has_value()) << stored.error().message;
  s3::api::GetObjectRequest get;
  get.bucket = "remote-bucket";
  get.key = "a b/ü?.txt";
  auto fetched = remote.run(objects.get_object({}, get));
  ASSERT_TRUE(fetched.has_value()) << fetched.error().message;
  const auto body = remote.run(fetched->body.collect(1 << 20));
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->size(), 300'000U);
  (*application)->stop();
}

TEST(Application, StrictAuthenticationKnowsItsRootUserOnly) {
  const Scratch scratch;
  Options options = options_in(scratch);
  options.auth = protocol::AuthMode::kStrict;
  options.access_key = "AKIAROOT";
  options.secret_key = "secret/+key";
  auto application = Application::start(options);
  ASSERT_TRUE(application.has_value()) << application.error().message;
  const std::string url = (*application)->url();
  const auto identity = [&url](std::string key, std::string secret) {
    Remote remote(url, std::move(key), std::move(secret));
    return remote.run(sts::Client(remote.caller).get_caller_identity({}, {}));
  };
  const auto root = identity("AKIAROOT", "secret/+key");
  ASSERT_TRUE(root.has_value()) << root.error().message;
  EXPECT_EQ(root->arn, "arn:aws:iam::000000000000:root");
  const auto wrong = identity("AKIAROOT", "other");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, "SignatureDoesNotMatch");
  const auto unknown = identity("AKIAOTHER", "secret/+key");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, "InvalidClientTokenId");
  (*application)->stop();
}

TEST(Options, RefusesWhatDoesNotFitTogether) {
  Options open;
  open.host = "0.0.0.0";
  EXPECT_FALSE(check(open).has_value());
  Options strict;
  strict.auth = protocol::AuthMode::kStrict;
  EXPECT_FALSE(check(strict).has_value());
  EXPECT_FALSE(set_option(strict, "port", "70000").has_value());
  EXPECT_FALSE(set_option(strict, "nothing", "1").has_value());
  EXPECT_TRUE(set_option(strict, "bind", "s3=https://s3.eu-west-1.amazonaws.com").has_value());
  EXPECT_FALSE(set_option(strict, "bind", "dynamodb=https://x").has_value());
}

// Patterns of the models that use look-around, which RE2 has not: those of destinations and sources that are
// refused by name, and Firehose's tag keys (aws: is reserved). A new one is looked at before it is put here.
constexpr std::string_view kUnsupported = "ClusterJDBCURL CollectionName EventBridgeEventSource TagKey ";

void collect_patterns(const protocol::Shape& shape, std::set<const protocol::Shape*>& seen,
                      std::set<std::string>& unsupported) {
  if (!seen.insert(&shape).second) return;
  if (!shape.constraint.pattern.empty() && !protocol::pattern_is_supported(shape.constraint.pattern)) {
    unsupported.insert(std::string(shape.name));
  }
  for (const protocol::Member& member : shape.members) collect_patterns(*member.shape, seen, unsupported);
  if (shape.element != nullptr) collect_patterns(*shape.element, seen, unsupported);
  if (shape.key != nullptr) collect_patterns(*shape.key, seen, unsupported);
}

// Every operation that the facts list is in the service's table, so that none is answered with 501 although
// the compatibility page says that it is served.
TEST(Walker, EveryListedOperationIsServed) {
  const Scratch scratch;
  Options options = options_in(scratch);
  Runtime runtime{{.loops = 1}};
  SystemClock clock;
  const auto random = make_seeded_random(1);
  auto store = storage::Store::open({.directory = scratch.path() + "/store", .durability = storage::Durability::kNone});
  auto objects = storage::BlobFiles::open(scratch.path() + "/objects", storage::Durability::kNone);
  auto packages = storage::BlobFiles::open(scratch.path() + "/packages", storage::Durability::kNone);
  ASSERT_TRUE(store.has_value() && objects.has_value() && packages.has_value());
  House house(options, Ground{**store, **objects, **packages, runtime, clock, *random});
  std::set<const protocol::Shape*> seen;
  std::set<std::string> unsupported;
  for (const protocol::ServiceBinding& binding : house.bindings()) {
    EXPECT_EQ(binding.operations.size(), binding.info->operations.size()) << binding.info->id;
    for (const protocol::OperationInfo* operation : binding.info->operations) {
      EXPECT_NE(binding.find(operation->name), nullptr) << binding.info->id << "." << operation->name;
      collect_patterns(*operation->input, seen, unsupported);
    }
  }
  std::string names;
  for (const std::string& name : unsupported) names += name + " ";
  EXPECT_EQ(names, kUnsupported);
}

}  // namespace
}  // namespace penstock::server
