"""The sales pipeline made with boto3, and what its lake holds; used by the tests of the whole chain."""

import io
import json
import zipfile

from support import SALES, until

TABLE, STREAM, PIPE = "Ordertable", "Kinesis-sales-order", "dynamo-cdc-to-kinesis"
FUNCTION, BUCKET, DELIVERY = "stream-transformation", "sales-data-projection-outcome", "kinesis-to-S3-delivery"
DATABASE, CLASSIFIER, CRAWLER = "sales-data-projection-db", "json-classifier", "sales-data-crawler"
RESULTS = "sales-data-projection-results"
FIELDS = "$.orderid,$.product_name,$.quantity,$.price,$.event_name,$.event_id,$.creation_datetime"


def package():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.write(SALES / "lambda_function.py", "lambda_function.py")
    return out.getvalue()


def make_pipeline(client):
    """The seven steps. `client` makes a client of a service, as the fixture does."""
    roles = {}
    for service in ("pipes", "lambda", "firehose", "glue"):
        roles[service] = client("iam").create_role(
            RoleName=f"sales-{service}", AssumeRolePolicyDocument=json.dumps({
                "Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    changes = client("dynamodb").create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "orderid", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderid", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    stream = kinesis.describe_stream(StreamName=STREAM)["StreamDescription"]["StreamARN"]
    function = client("lambda").create_function(
        FunctionName=FUNCTION, Runtime="python3.11", Handler="lambda_function.lambda_handler", Timeout=60,
        Role=roles["lambda"], Code={"ZipFile": package()})["FunctionArn"]
    for bucket in (BUCKET, RESULTS):
        client("s3").create_bucket(Bucket=bucket)
    firehose = client("firehose", parameter_validation=False)
    firehose.create_delivery_stream(
        DeliveryStreamName=DELIVERY, DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": stream, "RoleARN": roles["firehose"]},
        ExtendedS3DestinationConfiguration={
            "RoleARN": roles["firehose"], "BucketARN": f"arn:aws:s3:::{BUCKET}", "Prefix": "sales/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": [
                {"ParameterName": "LambdaArn", "ParameterValue": function}]}]}})
    until(lambda: firehose.describe_delivery_stream(DeliveryStreamName=DELIVERY)["DeliveryStreamDescription"][
        "DeliveryStreamStatus"] == "ACTIVE", "the delivery stream is ACTIVE")
    # Last, so that the delivery, which reads from LATEST, has begun before the first record.
    pipes = client("pipes")
    pipes.create_pipe(
        Name=PIPE, RoleArn=roles["pipes"], Source=changes, Target=stream,
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100}},
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.eventID"}})
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    glue.create_classifier(JsonClassifier={"Name": CLASSIFIER, "JsonPath": FIELDS})
    glue.create_crawler(
        Name=CRAWLER, Role=roles["glue"], DatabaseName=DATABASE, Classifiers=[CLASSIFIER],
        Targets={"S3Targets": [{"Path": f"s3://{BUCKET}/sales/"}]})
    until(lambda: pipes.describe_pipe(Name=PIPE)["CurrentState"] == "RUNNING", "the pipe is RUNNING")


def lake_lines(client):
    """All lines of the objects in the lake, as they are."""
    s3 = client("s3")
    lines = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="sales/"):
        for entry in page.get("Contents", []):
            lines += s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read().decode().splitlines()
    return lines


def crawl(client):
    glue = client("glue")
    glue.start_crawler(Name=CRAWLER)
    crawler = until(
        lambda: (c := glue.get_crawler(Name=CRAWLER)["Crawler"])["State"] == "READY" and c, "the crawl is over")
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]


def select(client, sql):
    """Rows of an Athena query as dicts of text."""
    athena = client("athena")
    started = athena.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": DATABASE},
        ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"})["QueryExecutionId"]
    status = until(
        lambda: (s := athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"])["State"]
        in ("SUCCEEDED", "FAILED", "CANCELLED") and s, sql)
    assert status["State"] == "SUCCEEDED", status
    rows = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=started):
        rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
    return [dict(zip(rows[0], row)) for row in rows[1:]]
