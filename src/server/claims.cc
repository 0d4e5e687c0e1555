// Which action an operation is, and on which resources: the "Service Authorization Reference" of
// AWS as rules over the members of requests.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/bytes.h"
#include "gen/dynamodb/model.h"
#include "gen/glue/model.h"
#include "server/authority.h"
#include "services/dynamodb/partiql_target.h"
#include "services/lambda/function.h"
#include "services/sqs/move_task.h"

namespace penstock::server {
namespace {

using protocol::AnyShape;
using protocol::Context;
using protocol::OperationInfo;

struct Renamed {
  std::string_view service, operation, action;
};

// Operations whose action has another name.
constexpr Renamed kRenamed[] = {
    {"lambda", "Invoke", "InvokeFunction"},
    {"lambda", "InvokeAsync", "InvokeFunction"},
    {"s3", "HeadBucket", "ListBucket"},
    {"s3", "ListBuckets", "ListAllMyBuckets"},
    {"s3", "ListObjects", "ListBucket"},
    {"s3", "ListObjectsV2", "ListBucket"},
    {"s3", "ListObjectVersions", "ListBucketVersions"},
    {"s3", "HeadObject", "GetObject"},
    {"s3", "GetObjectAttributes", "GetObjectAttributes"},
    {"s3", "DeleteObjects", "DeleteObject"},
    {"s3", "CopyObject", "PutObject"},
    {"s3", "CreateMultipartUpload", "PutObject"},
    {"s3", "UploadPart", "PutObject"},
    {"s3", "UploadPartCopy", "PutObject"},
    {"s3", "CompleteMultipartUpload", "PutObject"},
    {"s3", "ListParts", "ListMultipartUploadParts"},
    {"s3", "ListMultipartUploads", "ListBucketMultipartUploads"},
    {"s3", "DeleteBucketTagging", "PutBucketTagging"},
    {"s3", "GetBucketEncryption", "GetEncryptionConfiguration"},
    {"s3", "GetPublicAccessBlock", "GetBucketPublicAccessBlock"},
    {"s3", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"},
    {"s3", "GetBucketReplication", "GetReplicationConfiguration"},
    {"s3", "GetBucketAccelerateConfiguration", "GetAccelerateConfiguration"},
    {"s3", "GetBucketNotificationConfiguration", "GetBucketNotification"},
    {"s3", "GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"},
    {"sqs", "SendMessageBatch", "SendMessage"},
    {"sqs", "DeleteMessageBatch", "DeleteMessage"},
    {"sqs", "ChangeMessageVisibilityBatch", "ChangeMessageVisibility"},
};

struct Named {
  std::string_view service;
  std::string_view member;
  std::string_view resource;  // {r} region, {a} account, {v} the member's value.
};

// The first member that the request has names the resource; one that is an ARN is it.
constexpr Named kNamed[] = {
    {"kinesis", "ConsumerARN", "{v}"},
    {"kinesis", "StreamARN", "{v}"},
    {"kinesis", "StreamName", "arn:aws:kinesis:{r}:{a}:stream/{v}"},
    {"kinesis", "ResourceARN", "{v}"},
    {"firehose", "DeliveryStreamName", "arn:aws:firehose:{r}:{a}:deliverystream/{v}"},
    {"dynamodbstreams", "StreamArn", "{v}"},
    {"dynamodb", "ResourceArn", "{v}"},
    {"dynamodb", "TableArn", "{v}"},
    {"dynamodb", "BackupArn", "{v}"},
    {"dynamodb", "ExportArn", "{v}"},
    {"dynamodb", "ImportArn", "{v}"},
    {"dynamodb", "TableName", "arn:aws:dynamodb:{r}:{a}:table/{v}"},
    {"lambda", "UUID", "arn:aws:lambda:{r}:{a}:event-source-mapping:{v}"},
    {"lambda", "Resource", "{v}"},
    {"pipes", "Name", "arn:aws:pipes:{r}:{a}:pipe/{v}"},
    {"pipes", "resourceArn", "{v}"},
    {"iam", "RoleName", "arn:aws:iam::{a}:role/{v}"},
    {"iam", "PolicyArn", "{v}"},
    {"iam", "PolicyName", "arn:aws:iam::{a}:policy/{v}"},
    {"sts", "RoleArn", "{v}"},
    {"athena", "WorkGroup", "arn:aws:athena:{r}:{a}:workgroup/{v}"},
    {"logs", "logGroupIdentifier", "{v}"},
};

const void* member_of(const AnyShape& input, std::string_view name, protocol::Kind kind) {
  for (const protocol::Member& member : input.shape().members) {
    if (member.name != name || member.shape->kind != kind) continue;
    return member.field->peek(static_cast<const char*>(input.get()) + member.offset);
  }
  return nullptr;
}

std::optional<std::string> text_of(const AnyShape& input, std::string_view name) {
  const void* const value = member_of(input, name, protocol::Kind::kString);
  if (value == nullptr) return std::nullopt;
  return *static_cast<const std::string*>(value);
}

std::string action_of(const OperationInfo& operation) {
  const auto renamed =
      std::find_if(std::begin(kRenamed), std::end(kRenamed), [&](const Renamed& entry) {
        return entry.service == operation.service->id && entry.operation == operation.name;
      });
  const bool same = renamed == std::end(kRenamed);
  return fmt::format("{}:{}", operation.service->iam_prefix,
                     same ? operation.name : renamed->action);
}

std::string arn(const Context& context, std::string_view service, std::string_view resource) {
  return fmt::format("arn:aws:{}:{}:{}:{}", service, context.region, context.account, resource);
}

std::string table_arn(const Context& context, const std::string& table) {
  return table.starts_with("arn:") ? table : arn(context, "dynamodb", "table/" + table);
}

std::string named_resource(const Context& context, std::string_view service,
                           const AnyShape& input) {
  for (const Named& named : kNamed) {
    if (named.service != service) continue;
    const auto value = text_of(input, named.member);
    if (!value) continue;
    if (value->starts_with("arn:")) return *value;
    return fmt::format(fmt::runtime(named.resource), fmt::arg("r", context.region),
                       fmt::arg("a", context.account), fmt::arg("v", *value));
  }
  return "*";
}

std::string s3_resource(const AnyShape& input) {
  const auto bucket = text_of(input, "Bucket");
  if (!bucket) return "*";
  const auto key = text_of(input, "Key");
  return fmt::format("arn:aws:s3:::{}{}{}", *bucket, key ? "/" : "", key.value_or(""));
}

std::string queue_resource(const Context& context, const AnyShape& input) {
  if (const auto name = text_of(input, "QueueName")) {
    const auto owner = text_of(input, "QueueOwnerAWSAccountId");
    return sqs::queue_arn({owner.value_or(context.account), context.region}, *name);
  }
  if (const auto source = text_of(input, "SourceArn")) return *source;
  if (const auto handle = text_of(input, "TaskHandle")) {
    const auto task = sqs::parse_move_task_handle(*handle);
    return task ? task->source_arn : "";
  }
  const auto url = text_of(input, "QueueUrl");
  if (!url) return "*";
  const auto address = sqs::parse_queue_url(*url);
  return address ? sqs::queue_arn({address->account, context.region}, address->name) : "";
}

std::vector<Claim> queue_claims(const Context& context, const OperationInfo& operation,
                                const AnyShape& input) {
  std::vector<Claim> claims{{action_of(operation), queue_resource(context, input)}};
  if (operation.name != "StartMessageMoveTask") return claims;
  // Documented: it reads from the source and writes to the destination; without one, to the queues
  // that the messages came from.
  const std::string source = claims[0].resource;
  for (const char* action : {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) {
    claims.push_back({fmt::format("sqs:{}", action), source});
  }
  claims.push_back({"sqs:SendMessage", text_of(input, "DestinationArn").value_or("")});
  return claims;
}

// Documented: an ARN with a qualifier and one without are different resources.
std::string function_resource(const Context& context, const AnyShape& input) {
  const auto name = text_of(input, "FunctionName");
  // A mapping that is to have another function is the resource all the same.
  if (!name || text_of(input, "UUID")) return named_resource(context, "lambda", input);
  const auto named = lambda::parse_reference(*name);
  if (!named) return "";
  protocol::Place place = context.place();
  if (!named->account.empty()) place.account = named->account;
  if (!named->region.empty()) place.region = named->region;
  return lambda::function_arn(
      place, named->name,
      named->qualifier.empty() ? text_of(input, "Qualifier").value_or("") : named->qualifier);
}

// Beyond what names it: tokens, and consumers by the name that their stream knows them under.
std::string kinesis_resource(const Context& context, const AnyShape& input,
                             const KinesisNames& names) {
  std::string resource = named_resource(context, "kinesis", input);
  if (resource == "*") {
    auto token = text_of(input, "ShardIterator");
    if (!token) token = text_of(input, "NextToken");
    if (!token) return resource;
    return names.of_token ? names.of_token(context, *token) : "";
  }
  const auto consumer = text_of(input, "ConsumerName");
  if (consumer && names.of_consumer && resource.find("/consumer/") == resource.npos) {
    std::string found = names.of_consumer(resource, *consumer);
    if (!found.empty()) return found;
  }
  return resource;
}

std::string log_resource(const Context& context, const AnyShape& input) {
  const auto group = text_of(input, "logGroupName");
  if (!group) return named_resource(context, "logs", input);
  const auto stream = text_of(input, "logStreamName");
  return arn(context, "logs",
             fmt::format("log-group:{}:{}", *group, stream ? "log-stream:" + *stream : "*"));
}

std::optional<std::string> created_database(const AnyShape& input) {
  return static_cast<const glue::api::CreateDatabaseRequest*>(input.get())->database_input.name;
}

std::vector<std::string> catalog_tables(const OperationInfo& operation, const AnyShape& input) {
  using namespace glue::api;
  if (operation.name == "BatchDeleteTable") {
    return static_cast<const BatchDeleteTableRequest*>(input.get())->tables_to_delete;
  }
  const std::optional<TableInput>* described = nullptr;
  if (operation.name == "CreateTable") {
    described = &static_cast<const CreateTableRequest*>(input.get())->table_input;
  } else if (operation.name == "UpdateTable") {
    described = &static_cast<const UpdateTableRequest*>(input.get())->table_input;
  }
  if (described && *described) return {(*described)->name};
  auto name = text_of(input, "TableName");
  if (!name) name = text_of(input, "Name");
  return name ? std::vector{std::move(*name)} : std::vector<std::string>();
}

// A table of the catalog needs the catalog and its database, too. The names of both are kept in
// lower case.
std::vector<std::string> glue_resources(const Context& context, const OperationInfo& operation,
                                        const AnyShape& input) {
  const auto name = text_of(input, "Name");
  if (operation.name.find("Crawler") != operation.name.npos) {
    const auto crawler = name ? name : text_of(input, "CrawlerName");
    return {crawler ? arn(context, "glue", "crawler/" + *crawler) : "*"};
  }
  if (operation.name.find("Classifier") != operation.name.npos) return {"*"};
  std::vector<std::string> resources{arn(context, "glue", "catalog")};
  const auto database = text_of(input, "DatabaseName");
  if (!database) {
    const auto named = operation.name == "CreateDatabase" ? created_database(input) : name;
    if (named) resources.push_back(arn(context, "glue", "database/" + to_lower(*named)));
    return resources;
  }
  const std::string folded = to_lower(*database);
  resources.push_back(arn(context, "glue", "database/" + folded));
  for (const std::string& table : catalog_tables(operation, input)) {
    resources.push_back(arn(context, "glue", fmt::format("table/{}/{}", folded, to_lower(table))));
  }
  return resources;
}

Claim statement_claim(const Context& context, std::string_view statement) {
  const dynamodb::PartiqlTarget target = dynamodb::partiql_target(statement);
  Claim claim{fmt::format("dynamodb:PartiQL{}", target.verb), ""};
  if (!target.table.empty()) claim.resource = table_arn(context, target.table);
  if (!target.index.empty()) claim.resource += "/index/" + target.index;
  return claim;
}

// Documented: a restore needs a permission on what is restored, and to read and write the table
// that it makes.
std::vector<Claim> restore_claims(const Context& context, const OperationInfo& operation,
                                  const AnyShape& input) {
  std::optional<std::string> source = text_of(input, "BackupArn");
  for (const char* member : {"SourceTableArn", "SourceTableName"}) {
    if (const auto table = text_of(input, member); !source && table) {
      source = table_arn(context, *table);
    }
  }
  std::vector<Claim> claims{{action_of(operation), source.value_or("")}};
  for (const char* action :
       {"BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"}) {
    claims.push_back({fmt::format("dynamodb:{}", action),
                      table_arn(context, *text_of(input, "TargetTableName"))});
  }
  return claims;
}

// The tables that a batch is about.
std::vector<Claim> batch_claims(const Context& context, const OperationInfo& operation,
                                const AnyShape& input) {
  struct Visit {
    const Context& context;
    std::string action;
    std::vector<Claim> claims;
  } visit{context, action_of(operation), {}};
  for (const protocol::Member& member : input.shape().members) {
    if (member.name != "RequestItems") continue;
    const void* const map =
        member.field->peek(static_cast<const char*>(input.get()) + member.offset);
    if (map == nullptr) continue;
    member.shape->map->each(map, &visit, [](void* cookie, const std::string& key, const void*) {
      auto& here = *static_cast<Visit*>(cookie);
      here.claims.push_back({here.action, table_arn(here.context, key)});
    });
  }
  return std::move(visit.claims);
}

std::vector<Claim> dynamodb_claims(const Context& context, const OperationInfo& operation,
                                   const AnyShape& input) {
  using namespace dynamodb::api;
  std::vector<Claim> claims;
  const auto claim = [&](std::string_view action, const std::string& table) {
    claims.push_back({fmt::format("dynamodb:{}", action), table_arn(context, table)});
  };
  if (operation.name == "BatchGetItem" || operation.name == "BatchWriteItem") {
    return batch_claims(context, operation, input);
  }
  if (operation.name == "TransactGetItems") {
    for (const auto& item :
         static_cast<const TransactGetItemsInput*>(input.get())->transact_items) {
      claim("GetItem", item.get.table_name);
    }
    return claims;
  }
  if (operation.name == "TransactWriteItems") {
    for (const auto& item :
         static_cast<const TransactWriteItemsInput*>(input.get())->transact_items) {
      if (item.put) claim("PutItem", item.put->table_name);
      if (item.update) claim("UpdateItem", item.update->table_name);
      if (item.delete_) claim("DeleteItem", item.delete_->table_name);
      if (item.condition_check) claim("ConditionCheckItem", item.condition_check->table_name);
    }
    return claims;
  }
  if (operation.name == "ExecuteStatement") {
    return {statement_claim(context, *text_of(input, "Statement"))};
  }
  if (operation.name == "BatchExecuteStatement") {
    for (const auto& one :
         static_cast<const BatchExecuteStatementInput*>(input.get())->statements) {
      claims.push_back(statement_claim(context, one.statement));
    }
    return claims;
  }
  if (operation.name == "ExecuteTransaction") {
    for (const auto& one :
         static_cast<const ExecuteTransactionInput*>(input.get())->transact_statements) {
      claims.push_back(statement_claim(context, one.statement));
    }
    return claims;
  }
  if (operation.name.starts_with("RestoreTable")) {
    return restore_claims(context, operation, input);
  }
  if (operation.name == "ImportTable") {
    const auto& made = static_cast<const ImportTableInput*>(input.get())->table_creation_parameters;
    claim(operation.name, made.table_name);
    return claims;
  }
  Claim one{action_of(operation), named_resource(context, "dynamodb", input)};
  if (const auto index = text_of(input, "IndexName")) one.resource += "/index/" + *index;
  // Documented: a table that is made with a policy needs both permissions.
  if (text_of(input, "ResourcePolicy")) {
    claims.push_back({"dynamodb:PutResourcePolicy", one.resource});
  }
  claims.push_back(std::move(one));
  return claims;
}

// What the operation itself needs.
std::vector<Claim> own_claims(const Context& context, const OperationInfo& operation,
                              const AnyShape& input, const KinesisNames& names) {
  const std::string_view service = operation.service->id;
  if (service == "sts" && operation.name == "GetCallerIdentity") return {};  // Everybody may.
  if (service == "dynamodb") return dynamodb_claims(context, operation, input);
  const std::string action = action_of(operation);
  if (service == "glue") {
    std::vector<Claim> claims;
    for (std::string& resource : glue_resources(context, operation, input)) {
      claims.push_back({action, std::move(resource)});
    }
    return claims;
  }
  if (service == "s3") return {{action, s3_resource(input)}};
  if (service == "sqs") return queue_claims(context, operation, input);
  if (service == "logs") return {{action, log_resource(context, input)}};
  if (service == "lambda") return {{action, function_resource(context, input)}};
  if (service == "kinesis") return {{action, kinesis_resource(context, input, names)}};
  std::string resource = named_resource(context, service, input);
  if (resource == "*" && operation.name == "GetRecords") {
    // Iterators of DynamoDB Streams begin with the stream's ARN.
    const std::string iterator = text_of(input, "ShardIterator").value_or("");
    resource = iterator.starts_with("arn:") ? iterator.substr(0, iterator.find('|')) : "";
  }
  if (service == "athena" && resource == "*" && operation.name.find("Query") != std::string::npos) {
    resource.clear();
  }
  return {{action, std::move(resource)}};
}

}  // namespace

std::vector<Claim> claims_of(const Context& context, const OperationInfo& operation,
                             const AnyShape& input, const KinesisNames& names) {
  std::vector<Claim> claims = own_claims(context, operation, input, names);
  std::ranges::move(passed_roles(context, operation, input), std::back_inserter(claims));
  return claims;
}

}  // namespace penstock::server
