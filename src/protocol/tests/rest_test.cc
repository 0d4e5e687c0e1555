// REST bindings: routes, labels, queries, headers and status.
//
// How the expectations are known: routes and bindings are those of the AWS models (S3, Lambda,
// Pipes) and the request samples of their API references; precedence between S3's operations on
// one path is documented by the query parameter that each of them requires.
#include "protocol/rest.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "gen/lambda/model.h"
#include "gen/pipes/model.h"
#include "gen/s3/model.h"

namespace penstock::protocol {
namespace {

RestMatch match(const ServiceInfo& service, std::string_view method, const std::string& target,
                const net::Headers& headers = {}) {
  net::Request request;
  request.target = target;
  return match_rest(service, method, request.raw_path(), net::parse_query(request.raw_query()),
                    headers);
}

struct Route {
  std::string_view method;
  std::string target;
  std::string_view operation;  // Empty: none. With '!': known, but not served.
  Labels labels;
};

void expect_routes(const ServiceInfo& service, std::span<const Route> routes) {
  for (const Route& route : routes) {
    SCOPED_TRACE(std::string(route.method) + " " + route.target);
    const RestMatch found = match(service, route.method, route.target);
    const bool absent = route.operation.starts_with('!');
    EXPECT_EQ(found.operation != nullptr ? found.operation->name : "",
              absent ? std::string_view() : route.operation);
    if (absent) {
      EXPECT_EQ(found.absent != nullptr ? found.absent->name : "", route.operation.substr(1));
    }
    EXPECT_EQ(found.labels, route.labels);
  }
}

TEST(Rest, RoutesOfS3) {
  const Route routes[] = {
      {"GET", "/", "ListBuckets", {}},
      {"GET", "/b", "ListObjects", {{"Bucket", "b"}}},
      {"GET", "/b/", "ListObjects", {{"Bucket", "b"}}},
      {"GET", "/b?list-type=2", "ListObjectsV2", {{"Bucket", "b"}}},
      {"GET", "/b?list-type=3", "ListObjects", {{"Bucket", "b"}}},
      {"GET", "/b?location", "GetBucketLocation", {{"Bucket", "b"}}},
      {"GET", "/b?versions", "ListObjectVersions", {{"Bucket", "b"}}},
      {"PUT", "/b?tagging", "PutBucketTagging", {{"Bucket", "b"}}},
      {"PUT", "/b?policy", "!PutBucketPolicy", {{"Bucket", "b"}}},
      {"GET", "/b/a/b%20c/%2F", "GetObject", {{"Bucket", "b"}, {"Key", "a/b c//"}}},
      {"GET", "/b//a", "GetObject", {{"Bucket", "b"}, {"Key", "/a"}}},
      {"PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart", {{"Bucket", "b"}, {"Key", "k"}}},
      {"PUT", "/b/k?partNumber=1", "PutObject", {{"Bucket", "b"}, {"Key", "k"}}},
      {"POST", "/b/k?uploads", "CreateMultipartUpload", {{"Bucket", "b"}, {"Key", "k"}}},
      {"POST", "/b/k?uploadId=u", "CompleteMultipartUpload", {{"Bucket", "b"}, {"Key", "k"}}},
      {"POST", "/b?delete", "DeleteObjects", {{"Bucket", "b"}}},
      {"POST", "/b/k", "", {}},
      {"PATCH", "/b/k", "", {}},
  };
  expect_routes(s3::kServiceInfo, routes);
  net::Headers copy;
  copy.add("x-amz-copy-source", "b/k");
  EXPECT_EQ(match(s3::kServiceInfo, "PUT", "/b/k", copy).operation->name, "CopyObject");
  EXPECT_EQ(match(s3::kServiceInfo, "PUT", "/b/k?partNumber=1&uploadId=u", copy).operation->name,
            "UploadPartCopy");
}

TEST(Rest, RoutesOfRestJson) {
  const Route lambda_routes[] = {
      {"POST", "/2015-03-31/functions/f/invocations", "Invoke", {{"FunctionName", "f"}}},
      {"POST",
       "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/"
       "invocations",
       "Invoke",
       {{"FunctionName", "arn:aws:lambda:us-east-1:123456789012:function:f"}}},
      {"GET", "/2015-03-31/functions", "ListFunctions", {}},
      {"GET", "/2015-03-31/functions/", "ListFunctions", {}},
      {"POST", "/2015-03-31/functions//invocations", "", {}},
      {"POST", "/2015-03-31/functions/f/g/invocations", "", {}},
      {"GET", "", "", {}},
  };
  expect_routes(lambda::kServiceInfo, lambda_routes);
  const Route pipes_routes[] = {
      {"GET", "/v1/pipes", "ListPipes", {}},
      {"POST", "/v1/pipes/p", "CreatePipe", {{"Name", "p"}}},
      {"POST", "/v1/pipes/p/start", "StartPipe", {{"Name", "p"}}},
  };
  expect_routes(pipes::kServiceInfo, pipes_routes);
}

template <typename Op>
ApiResult<typename Op::Input> bind(const Labels& labels, std::string_view query,
                                   const net::Headers& headers, Missing& missing) {
  typename Op::Input input;
  TRY_VOID(decode_bindings(Op::kInfo, labels, net::parse_query(query), headers, &input, missing));
  return input;
}

TEST(Rest, BindsHeadersOfEveryKind) {
  net::Headers headers;
  headers.add("Content-Length", "5");
  headers.add("x-amz-server-side-encryption-bucket-key-enabled", "TRUE");
  headers.add("X-Amz-Meta-Color", "Blue");
  headers.add("x-amz-meta-", "odd");
  headers.add("x-amz-object-lock-retain-until-date", "2026-11-22T07:30:01.5Z");
  Missing missing;
  const auto put = bind<s3::op::PutObject>({{"Bucket", "b"}, {"Key", "k"}}, "", headers, missing);
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(put->content_length, 5);
  EXPECT_EQ(put->bucket_key_enabled, true);
  EXPECT_EQ(put->metadata, (std::map<std::string, std::string>{{"color", "Blue"}, {"", "odd"}}));
  EXPECT_EQ(put->object_lock_retain_until_date, Timestamp::from_millis(1'795'332'601'500));
  EXPECT_TRUE(missing.paths.empty());

  net::Headers read;
  read.add("if-modified-since", "Sun, 22 Nov 2026 07:30:01 GMT");
  const auto get = bind<s3::op::GetObject>(
      {{"Bucket", "b"}, {"Key", "k"}}, "partNumber=3&response-content-type=a%2Fb", read, missing);
  ASSERT_TRUE(get) << get.error().message;
  EXPECT_EQ(get->if_modified_since, Timestamp::from_seconds(std::int64_t{1'795'332'601}));
  EXPECT_EQ(get->part_number, 3);
  EXPECT_EQ(get->response_content_type, "a/b");
}

TEST(Rest, ListsAreSeparatedByCommasInHeadersAndRepeatedInQueries) {
  net::Headers headers;
  headers.add("x-amz-object-attributes", "ETag, Checksum,ObjectSize");
  Missing missing;
  const auto input =
      bind<s3::op::GetObjectAttributes>({{"Bucket", "b"}, {"Key", "k"}}, "", headers, missing);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->object_attributes, (std::vector<std::string>{"ETag", "Checksum", "ObjectSize"}));
  const auto untag = bind<pipes::op::UntagResource>({{"resourceArn", "arn"}},
                                                    "tagKeys=a&tagKeys=b%20c&other=1", {}, missing);
  ASSERT_TRUE(untag);
  EXPECT_EQ(untag->tag_keys, (std::vector<std::string>{"a", "b c"}));
}

TEST(Rest, RefusesAndNamesWhatIsMissing) {
  Missing missing;
  const auto number =
      bind<s3::op::ListObjectsV2>({{"Bucket", "b"}}, "list-type=2&max-keys=many", {}, missing);
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().code, "InvalidArgument");
  const auto items = bind<lambda::op::ListFunctions>({}, "MaxItems=many", {}, missing);
  ASSERT_FALSE(items);
  EXPECT_EQ(items.error().code, "SerializationException");
  ASSERT_TRUE(bind<pipes::op::UntagResource>({{"resourceArn", "arn"}}, "", {}, missing));
  EXPECT_EQ(missing.paths, std::vector<std::string>{"tagKeys"});
}

TEST(Rest, WritesWhatItReads) {
  s3::api::GetObjectRequest request;
  request.bucket = "b";
  request.key = "a b/c+d/\xC3\xA9?";
  request.range = "bytes=0-9";
  request.part_number = 2;
  net::Request sent;
  encode_request_bindings(s3::op::GetObject::kInfo, &request, sent);
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.raw_path(), "/b/a%20b/c%2Bd/%C3%A9%3F");
  const auto query = net::parse_query(sent.raw_query());
  EXPECT_EQ(*net::find_param(query, "partNumber"), "2");
  EXPECT_EQ(sent.headers.get("range"), "bytes=0-9");
  const RestMatch found = match(s3::kServiceInfo, sent.method, sent.target, sent.headers);
  ASSERT_EQ(found.operation, &s3::op::GetObject::kInfo);
  EXPECT_EQ(*net::find_param(found.labels, "Key"), request.key);

  s3::api::HeadObjectOutput output;
  output.last_modified = Timestamp::from_seconds(std::int64_t{1'795'332'601});
  output.content_length = 7;
  output.metadata.emplace()["a"] = "b";
  net::Response response;
  encode_bindings(s3::api::HeadObjectOutput::shape(), &output, response);
  EXPECT_EQ(response.headers.get("last-modified"), "Sun, 22 Nov 2026 07:30:01 GMT");
  EXPECT_EQ(response.headers.get("x-amz-meta-a"), "b");
  s3::api::HeadObjectOutput again;
  decode_response_bindings(s3::api::HeadObjectOutput::shape(), response, &again);
  EXPECT_EQ(again.last_modified, output.last_modified);
  EXPECT_EQ(again.content_length, 7);
  EXPECT_EQ(again.metadata, output.metadata);

  lambda::api::InvocationResponse invocation;
  invocation.status_code = 202;
  net::Response accepted;
  encode_bindings(lambda::api::InvocationResponse::shape(), &invocation, accepted);
  EXPECT_EQ(accepted.status, 202);
}

}  // namespace
}  // namespace penstock::protocol
