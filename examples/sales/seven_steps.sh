#!/usr/bin/env bash
# The sales pipeline in seven steps, with the AWS CLI alone: a table, its changes, and a query over them.
#
#   AWS_ENDPOINT_URL=http://127.0.0.1:4566 ./seven_steps.sh     against penstock
#   ./seven_steps.sh                                            against AWS (costs money)
#
# Settings, all optional: AWS_REGION, BUCKET and RESULTS (bucket names are unique across AWS), BUFFER_SECONDS.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export AWS_DEFAULT_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-ap-south-1}}" AWS_PAGER=""

BUCKET="${BUCKET:-sales-data-projection-outcome}"
RESULTS="${RESULTS:-sales-data-projection-results}"
BUFFER_SECONDS="${BUFFER_SECONDS:-60}"

# Version 2 of the AWS CLI reads AWS_ENDPOINT_URL since 2.13; older ones are told here.
aws() { command aws ${AWS_ENDPOINT_URL:+--endpoint-url "${AWS_ENDPOINT_URL}"} "$@"; }
step() { printf '\n== %s\n' "$*"; }
# A new role takes some seconds to be known everywhere in AWS: what needs it is tried again.
try() { for _ in 1 2 3 4 5; do "$@" && return; sleep 5; done; return 1; }
# until_says WANTED COMMAND...: waits until the command prints WANTED.
until_says() {
  local wanted="$1" said; shift
  for _ in $(seq 180); do
    said="$("$@")"
    [[ "${said}" == "${wanted}" ]] && return
    case "${said}" in *FAILED*) echo "$*: ${said}" >&2; return 1 ;; esac
    sleep 1
  done
  echo "$*: still ${said}, not ${wanted}" >&2; return 1
}
work="$(mktemp -d)"
trap 'rm -rf "${work}"' EXIT

account="$(aws sts get-caller-identity --query Account --output text)"
in_region="${AWS_DEFAULT_REGION}:${account}"

step "Roles: who may act for us"
# role NAME SERVICE ACTIONS: a role that SERVICE may take, allowed the ACTIONS.
role() {
  aws iam create-role --role-name "$1" --query Role.Arn --output text --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"'"$2"'"},"Action":"sts:AssumeRole"}]}'
  aws iam put-role-policy --role-name "$1" --policy-name "$1" --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":['"$3"'],"Resource":"*"}]}'
}
role sales-pipe-role pipes.amazonaws.com \
  '"dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator","dynamodb:ListStreams","kinesis:PutRecord","kinesis:PutRecords"'
role sales-function-role lambda.amazonaws.com '"logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"'
role sales-delivery-role firehose.amazonaws.com \
  '"kinesis:DescribeStream","kinesis:GetShardIterator","kinesis:GetRecords","kinesis:ListShards","lambda:InvokeFunction","lambda:GetFunctionConfiguration","s3:AbortMultipartUpload","s3:GetBucketLocation","s3:GetObject","s3:ListBucket","s3:ListBucketMultipartUploads","s3:PutObject","logs:PutLogEvents"'
role sales-crawler-role glue.amazonaws.com \
  '"glue:*","s3:GetObject","s3:ListBucket","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"'

step "1. Table Ordertable, with a stream of its changes"
aws dynamodb create-table --table-name Ordertable \
  --attribute-definitions AttributeName=orderid,AttributeType=S \
  --key-schema AttributeName=orderid,KeyType=HASH \
  --billing-mode PAY_PER_REQUEST \
  --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES \
  --query TableDescription.TableArn --output text
until_says ACTIVE aws dynamodb describe-table --table-name Ordertable --query Table.TableStatus --output text
changes="$(aws dynamodb describe-table --table-name Ordertable --query Table.LatestStreamArn --output text)"

step "2. Kinesis stream Kinesis-sales-order"
aws kinesis create-stream --stream-name Kinesis-sales-order --shard-count 1
until_says ACTIVE aws kinesis describe-stream-summary --stream-name Kinesis-sales-order \
  --query StreamDescriptionSummary.StreamStatus --output text

step "3. Pipe dynamo-cdc-to-kinesis, from the changes to the stream"
try aws pipes create-pipe --name dynamo-cdc-to-kinesis \
  --role-arn "arn:aws:iam::${account}:role/sales-pipe-role" \
  --source "${changes}" \
  --source-parameters '{"DynamoDBStreamParameters":{"StartingPosition":"TRIM_HORIZON","BatchSize":100}}' \
  --target "arn:aws:kinesis:${in_region}:stream/Kinesis-sales-order" \
  --target-parameters '{"KinesisStreamParameters":{"PartitionKey":"$.eventID"}}' \
  --query CurrentState --output text
until_says RUNNING aws pipes describe-pipe --name dynamo-cdc-to-kinesis --query CurrentState --output text

step "4. Lambda function stream-transformation, a JSON line of each change"
(cd "${here}" && zip -q "${work}/function.zip" lambda_function.py)
try aws lambda create-function --function-name stream-transformation \
  --runtime python3.11 --handler lambda_function.lambda_handler --timeout 60 \
  --role "arn:aws:iam::${account}:role/sales-function-role" \
  --zip-file "fileb://${work}/function.zip" --query FunctionArn --output text
until_says Active aws lambda get-function-configuration --function-name stream-transformation \
  --query State --output text

step "5. Bucket ${BUCKET} and delivery stream kinesis-to-S3-delivery"
for bucket in "${BUCKET}" "${RESULTS}"; do
  if [[ "${AWS_DEFAULT_REGION}" == us-east-1 ]]; then
    aws s3api create-bucket --bucket "${bucket}" --query Location --output text
  else
    aws s3api create-bucket --bucket "${bucket}" --query Location --output text \
      --create-bucket-configuration "LocationConstraint=${AWS_DEFAULT_REGION}"
  fi
done
try aws firehose create-delivery-stream --delivery-stream-name kinesis-to-S3-delivery \
  --delivery-stream-type KinesisStreamAsSource \
  --kinesis-stream-source-configuration \
  "KinesisStreamARN=arn:aws:kinesis:${in_region}:stream/Kinesis-sales-order,RoleARN=arn:aws:iam::${account}:role/sales-delivery-role" \
  --extended-s3-destination-configuration '{
    "RoleARN": "arn:aws:iam::'"${account}"':role/sales-delivery-role",
    "BucketARN": "arn:aws:s3:::'"${BUCKET}"'",
    "Prefix": "sales/",
    "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
    "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": '"${BUFFER_SECONDS}"'},
    "ProcessingConfiguration": {"Enabled": true, "Processors": [{"Type": "Lambda", "Parameters": [
      {"ParameterName": "LambdaArn",
       "ParameterValue": "arn:aws:lambda:'"${in_region}"':function:stream-transformation:$LATEST"}]}]}}' \
  --query DeliveryStreamARN --output text
until_says ACTIVE aws firehose describe-delivery-stream --delivery-stream-name kinesis-to-S3-delivery \
  --query DeliveryStreamDescription.DeliveryStreamStatus --output text

step "6. Database sales-data-projection-db, classifier json-classifier, crawler sales-data-crawler"
aws glue create-database --database-input Name=sales-data-projection-db
aws glue create-classifier --json-classifier \
  '{"Name":"json-classifier","JsonPath":"$.orderid,$.product_name,$.quantity,$.price,$.event_name,$.event_id,$.creation_datetime"}'
try aws glue create-crawler --name sales-data-crawler --role "arn:aws:iam::${account}:role/sales-crawler-role" \
  --database-name sales-data-projection-db --classifiers json-classifier \
  --targets '{"S3Targets":[{"Path":"s3://'"${BUCKET}"'/sales/"}]}'

step "Five orders: three new, one changed, one deleted"
order() {
  aws dynamodb put-item --table-name Ordertable --item \
    '{"orderid":{"S":"'"$1"'"},"product_name":{"S":"'"$2"'"},"quantity":{"N":"'"$3"'"},"price":{"N":"'"$4"'"}}'
}
order 1 Laptop 1 749.99
order 2 Phone 2 499.50
order 3 Charger 5 19.95
aws dynamodb update-item --table-name Ordertable --key '{"orderid":{"S":"2"}}' \
  --update-expression 'SET quantity = :q' --expression-attribute-values '{":q":{"N":"3"}}'
aws dynamodb delete-item --table-name Ordertable --key '{"orderid":{"S":"3"}}'

delivered() {
  aws s3 sync --quiet "s3://${BUCKET}/sales/" "${work}/lake" && mkdir -p "${work}/lake" &&
    find "${work}/lake" -type f -exec cat {} + | wc -l
}
until_says 5 delivered
aws s3 ls --recursive "s3://${BUCKET}/sales/"

step "The crawler looks at the bucket"
aws glue start-crawler --name sales-data-crawler
until_says READY aws glue get-crawler --name sales-data-crawler --query Crawler.State --output text
aws glue get-table --database-name sales-data-projection-db --name sales \
  --query 'Table.StorageDescriptor.Columns[].[Name,Type]' --output text

step "7. Athena: the changes as rows"
query="$(aws athena start-query-execution \
  --query-string 'SELECT orderid, product_name, quantity, price, event_name FROM sales ORDER BY orderid, event_name' \
  --query-execution-context Database=sales-data-projection-db \
  --result-configuration "OutputLocation=s3://${RESULTS}/" --query QueryExecutionId --output text)"
until_says SUCCEEDED aws athena get-query-execution --query-execution-id "${query}" \
  --query QueryExecution.Status.State --output text
aws athena get-query-results --query-execution-id "${query}" \
  --query 'ResultSet.Rows[].[Data[0].VarCharValue,Data[1].VarCharValue,Data[2].VarCharValue,Data[3].VarCharValue,Data[4].VarCharValue]' \
  --output text
