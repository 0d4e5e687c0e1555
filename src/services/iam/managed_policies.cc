// What each of AWS's own policies allows, on any resource, reduced to the services that are served
// here. AWS changes them from time to time; these are the actions as documented in 2026.
#include "services/iam/managed_policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace penstock::iam {
namespace {

struct Managed {
  std::string_view name;     // What follows "policy/".
  std::string_view actions;  // In quotes, with commas: as they stand in the document.
};

constexpr Managed kManaged[] = {
    {"AdministratorAccess", R"("*")"},
    {"PowerUserAccess", R"("athena:*","dynamodb:*","events:*","firehose:*","glue:*","kinesis:*",)"
                        R"("lambda:*","logs:*","pipes:*","s3:*","sqs:*","sts:*")"},
    {"ReadOnlyAccess",
     R"("athena:Get*","athena:List*","athena:BatchGet*","dynamodb:BatchGet*",)"
     R"("dynamodb:Describe*","dynamodb:Get*","dynamodb:List*",)"
     R"("dynamodb:PartiQLSelect","dynamodb:Query","dynamodb:Scan",)"
     R"("firehose:Describe*","firehose:List*","glue:BatchGet*","glue:Get*",)"
     R"("glue:List*","glue:Search*","iam:Get*","iam:List*","kinesis:Describe*",)"
     R"("kinesis:Get*","kinesis:List*","lambda:Get*","lambda:List*","logs:Describe*",)"
     R"("logs:FilterLogEvents","logs:Get*","pipes:Describe*","pipes:List*","s3:Get*",)"
     R"("s3:List*","sqs:Get*","sqs:List*","sqs:Receive*")"},
    {"IAMFullAccess", R"("iam:*")"},
    {"AmazonDynamoDBFullAccess",
     R"("dynamodb:*","kinesis:ListStreams","kinesis:DescribeStream",)"
     R"("kinesis:DescribeStreamSummary","lambda:CreateEventSourceMapping",)"
     R"("lambda:DeleteEventSourceMapping","lambda:GetFunctionConfiguration",)"
     R"("lambda:ListEventSourceMappings","lambda:ListFunctions")"},
    {"AmazonDynamoDBFullAccess_v2",
     R"("dynamodb:*","kinesis:ListStreams","kinesis:DescribeStream",)"
     R"("kinesis:DescribeStreamSummary")"},
    {"AmazonDynamoDBReadOnlyAccess",
     R"("dynamodb:BatchGetItem","dynamodb:Describe*","dynamodb:List*",)"
     R"("dynamodb:GetItem","dynamodb:GetResourcePolicy","dynamodb:Query",)"
     R"("dynamodb:Scan","dynamodb:PartiQLSelect","kinesis:ListStreams",)"
     R"("kinesis:DescribeStream","kinesis:DescribeStreamSummary")"},
    {"AmazonKinesisFullAccess", R"("kinesis:*")"},
    {"AmazonKinesisReadOnlyAccess", R"("kinesis:Get*","kinesis:List*","kinesis:Describe*")"},
    {"AmazonKinesisFirehoseFullAccess", R"("firehose:*")"},
    {"AmazonKinesisFirehoseReadOnlyAccess", R"("firehose:Describe*","firehose:List*")"},
    {"AmazonS3FullAccess", R"("s3:*","s3-object-lambda:*")"},
    {"AmazonS3ReadOnlyAccess", R"("s3:Get*","s3:List*","s3:Describe*")"},
    {"AmazonSQSFullAccess", R"("sqs:*")"},
    {"AmazonSQSReadOnlyAccess",
     R"("sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues",)"
     R"("sqs:ListQueues","sqs:ListMessageMoveTasks","sqs:ListQueueTags")"},
    {"AWSLambda_FullAccess",
     R"("lambda:*","kms:ListAliases","iam:GetRole","iam:ListRoles",)"
     R"("iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:GetRolePolicy",)"
     R"("iam:GetPolicy","logs:DescribeLogGroups","logs:DescribeLogStreams",)"
     R"("logs:FilterLogEvents")"},
    {"AWSLambda_ReadOnlyAccess",
     R"("lambda:Get*","lambda:List*","logs:DescribeLogGroups",)"
     R"("logs:DescribeLogStreams","logs:FilterLogEvents","iam:GetRole","iam:ListRoles")"},
    {"CloudWatchLogsFullAccess", R"("logs:*")"},
    {"CloudWatchLogsReadOnlyAccess",
     R"("logs:Describe*","logs:Get*","logs:List*","logs:FilterLogEvents")"},
    {"AmazonAthenaFullAccess",
     R"("athena:*","glue:*Database","glue:*Databases","glue:*Table","glue:*Tables",)"
     R"("glue:*Partition","glue:*Partitions","s3:GetBucketLocation","s3:GetObject",)"
     R"("s3:ListBucket","s3:ListBucketMultipartUploads","s3:ListMultipartUploadParts",)"
     R"("s3:AbortMultipartUpload","s3:CreateBucket","s3:PutObject",)"
     R"("s3:ListAllMyBuckets")"},
    {"AWSGlueConsoleFullAccess",
     R"("glue:*","s3:ListAllMyBuckets","s3:ListBucket","s3:GetObject","s3:PutObject",)"
     R"("s3:CreateBucket","iam:ListRoles","iam:GetRole","iam:GetRolePolicy")"},
    {"AmazonEventBridgePipesFullAccess", R"("pipes:*")"},
    {"AmazonEventBridgePipesOperatorAccess",
     R"("pipes:DescribePipe","pipes:ListPipes","pipes:ListTagsForResource",)"
     R"("pipes:StartPipe","pipes:StopPipe")"},
    {"AmazonEventBridgePipesReadOnlyAccess",
     R"("pipes:DescribePipe","pipes:ListPipes","pipes:ListTagsForResource")"},
    {"service-role/AWSGlueServiceRole",
     R"("glue:*","s3:GetBucketLocation","s3:ListBucket","s3:ListAllMyBuckets",)"
     R"("s3:GetBucketAcl","iam:ListRolePolicies","iam:GetRole","iam:GetRolePolicy",)"
     R"("cloudwatch:PutMetricData","logs:CreateLogGroup","logs:CreateLogStream",)"
     R"("logs:PutLogEvents")"},
    {"service-role/AWSLambdaRole", R"("lambda:InvokeFunction")"},
    {"service-role/AWSLambdaBasicExecutionRole",
     R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")"},
    {"service-role/AWSLambdaKinesisExecutionRole",
     R"("kinesis:DescribeStream","kinesis:DescribeStreamSummary","kinesis:GetRecords",)"
     R"("kinesis:GetShardIterator","kinesis:ListShards","kinesis:ListStreams",)"
     R"("kinesis:SubscribeToShard","logs:CreateLogGroup","logs:CreateLogStream",)"
     R"("logs:PutLogEvents")"},
    {"service-role/AWSLambdaDynamoDBExecutionRole",
     R"("dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator",)"
     R"("dynamodb:ListStreams","logs:CreateLogGroup","logs:CreateLogStream",)"
     R"("logs:PutLogEvents")"},
    {"service-role/AWSLambdaSQSQueueExecutionRole",
     R"("sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes",)"
     R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")"},
    {"AWSLambdaInvocation-DynamoDB",
     R"("lambda:InvokeFunction","dynamodb:DescribeStream","dynamodb:GetRecords",)"
     R"("dynamodb:GetShardIterator","dynamodb:ListStreams")"},
};

constexpr std::string_view kPrefix = "arn:aws:iam::aws:policy/";

}  // namespace

std::optional<std::string> aws_managed_document(std::string_view policy_arn) {
  if (!policy_arn.starts_with(kPrefix)) return std::nullopt;
  const auto found = std::find_if(
      std::begin(kManaged), std::end(kManaged),
      [&](const Managed& managed) { return managed.name == policy_arn.substr(kPrefix.size()); });
  if (found == std::end(kManaged)) return std::nullopt;
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{}],"Resource":"*"}}]}})",
      found->actions);
}

}  // namespace penstock::iam
