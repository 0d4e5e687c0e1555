"""CreateTable, UpdateTable and the settings of tables. Each test says how its expectations are known: from the DynamoDB
API reference and developer guide (documented), from public records of the real service (recorded), or from these
(deduced). Requests are sent as JSON, because a distribution's boto3 may not know the newer members."""

import json

import pytest
from botocore.exceptions import ClientError

from dynamodb_tables import ON_DEMAND, PLAIN, create, definitions, describe, dynamodb, error, index, keys, settled, units
from support import until

INVALID = "One or more parameter values were invalid: "
LIMITS_TEXT = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


# --- Creation and description


def test_a_table_is_described(dynamodb, name):
    # Recorded: the members of CreateTable's reply and of DescribeTable, and the order of definitions.
    made = dynamodb.create_table(
        TableName=name, KeySchema=keys("hR"), AttributeDefinitions=definitions("zhrl"),
        ProvisionedThroughput=units(3, 2), SSESpecification={"Enabled": False}, DeletionProtectionEnabled=True,
        LocalSecondaryIndexes=[index("loc", "hL")],
        GlobalSecondaryIndexes=[index("glo", "z", ProvisionedThroughput=units(1, 1))],
        Tags=[{"Key": "k", "Value": "v"}])["TableDescription"]
    assert made["TableStatus"] == made["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert [d["AttributeName"] for d in made["AttributeDefinitions"]] == ["h", "l", "r", "z"]
    for absent in ("WarmThroughput", "BillingModeSummary", "SSEDescription", "Tags", "TableClassSummary"):
        assert absent not in made
    assert "Backfilling" not in made["GlobalSecondaryIndexes"][0]
    table = settled(dynamodb, name)
    assert table["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(3, 2)}
    assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 3, "WriteUnitsPerSecond": 2, "Status": "ACTIVE"}
    assert table["DeletionProtectionEnabled"] is True
    shown = table["GlobalSecondaryIndexes"][0]
    assert shown["IndexArn"] == table["TableArn"] + "/index/glo"
    assert shown["WarmThroughput"] == {"ReadUnitsPerSecond": 1, "WriteUnitsPerSecond": 1, "Status": "ACTIVE"}
    assert table["LocalSecondaryIndexes"][0]["KeySchema"] == keys("hL")
    assert error(dynamodb.delete_table, TableName=name) == (
        "ValidationException", "Resource cannot be deleted as it is currently protected against deletion. "
                               "Disable deletion protection first.")
    reply = dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)["TableDescription"]
    assert (reply["TableStatus"], reply["DeletionProtectionEnabled"]) == ("ACTIVE", False)
    gone = dynamodb.delete_table(TableName=name)["TableDescription"]
    assert gone["TableStatus"] == "DELETING" and "KeySchema" not in gone


def test_on_demand_tables_are_described(dynamodb, name):
    # Recorded.
    made = create(dynamodb, name, **ON_DEMAND, OnDemandThroughput={"MaxReadRequestUnits": 100})
    assert made["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert made["OnDemandThroughput"] == {"MaxReadRequestUnits": 100}
    table = describe(dynamodb, name)
    assert table["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(0, 0)}
    assert set(table["BillingModeSummary"]) == {"BillingMode", "LastUpdateToPayPerRequestDateTime"}
    assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}


@pytest.mark.parametrize("arguments, code, text", [
    # Recorded, each of them.
    (PLAIN, "ValidationException",
     INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    ({**PLAIN, "ProvisionedThroughput": units(0, 1)}, "ValidationException",
     "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: "
     "Member must have value greater than or equal to 1"),
    ({**PLAIN, "ProvisionedThroughput": units(40001, 1)}, "LimitExceededException",
     "The requested ReadCapacityUnits, 40001, is above the per table maximum for the account in us-east-1. Per table "
     "maximum: 40000. " + LIMITS_TEXT),
    ({**PLAIN, **ON_DEMAND, "GlobalSecondaryIndexes": []}, "ValidationException",
     INVALID + "List of GlobalSecondaryIndexes is empty"),
    ({**PLAIN, **ON_DEMAND, "WarmThroughput": {"ReadUnitsPerSecond": 11999}}, "ValidationException",
     INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. "
     "See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
     "#on-demand-capacity-mode-initial"),
    ({**PLAIN, **ON_DEMAND, "OnDemandThroughput": {"MaxReadRequestUnits": 0}}, "ValidationException",
     INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"),
    ({**PLAIN, **ON_DEMAND, "Tags": [{"Key": "a", "Value": ""}, {"Key": "a", "Value": "x"}]}, "ValidationException",
     "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"),
    # That keys of KMS are refused is this server's.
    ({**PLAIN, **ON_DEMAND, "SSESpecification": {"Enabled": True, "SSEType": "KMS"}}, "ValidationException",
     INVALID + "SSESpecification with a key of KMS is not supported by this server"),
])
def test_creation_is_refused(dynamodb, name, arguments, code, text):
    assert error(dynamodb.create_table, TableName=name, **arguments) == (code, text)
    assert name not in dynamodb.list_tables(ExclusiveStartTableName=name[:-1])["TableNames"]


def test_limits_of_creation(dynamodb, name):
    # Recorded: 20 global indexes, 50 tags; and just over.
    letters = "abcdefghijklmnopqrstu"
    many = {"KeySchema": keys("a"), "AttributeDefinitions": definitions(letters), **ON_DEMAND}
    over = [index(f"i-{x}", x) for x in letters]
    assert error(dynamodb.create_table, TableName=name, **many, GlobalSecondaryIndexes=over) == (
        "ValidationException", INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20")
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    assert error(dynamodb.create_table, TableName=name, **PLAIN, **ON_DEMAND, Tags=tags) == (
        "ValidationException", "Number of Tags exceed the current limit for the provided ResourceArn")
    made = create(dynamodb, name, **many, GlobalSecondaryIndexes=over[1:], Tags=tags[:50])
    listed, token = [], {}
    while True:
        page = dynamodb.list_tags_of_resource(ResourceArn=made["TableArn"], **token)
        listed += page["Tags"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sorted(t["Key"] for t in listed) == sorted(t["Key"] for t in tags[:50])
    assert error(dynamodb.tag_resource, ResourceArn=made["TableArn"], Tags=[{"Key": "more", "Value": ""}]) == (
        "ValidationException", "Number of Tags exceed the current limit for the provided ResourceArn")
    assert error(dynamodb.update_table, TableName=name, AttributeDefinitions=definitions("v"),
                 GlobalSecondaryIndexUpdates=[{"Create": index("new", "v")}]) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20")


def test_tags_are_for_tables(dynamodb, table):
    # Recorded: the texts.
    arn = table.arn + "/index/x"
    for call, more in ((dynamodb.list_tags_of_resource, {}), (dynamodb.tag_resource, {"Tags": [{"Key": "k", "Value": "v"}]}),
                       (dynamodb.untag_resource, {"TagKeys": ["k"]})):
        assert error(call, ResourceArn=arn, **more) == (
            "ValidationException",
            INVALID + f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}")
        assert error(call, ResourceArn=table.name, **more) == (
            "ValidationException", INVALID + f"ARNs must start with 'arn:': {table.name}")
        assert error(call, ResourceArn=table.arn + "x", **more) == (
            "ResourceNotFoundException", f"Requested resource not found: ResourceArn: {table.arn}x not found")
    assert error(dynamodb.tag_resource, ResourceArn=table.arn, Tags=[]) == (
        "ValidationException", "Atleast one Tag needs to be provided as Input.")
    assert error(dynamodb.untag_resource, ResourceArn=table.arn, TagKeys=[]) == (
        "ValidationException", "Atleast one Tag Key needs to be provided as Input.")
    assert error(dynamodb.tag_resource, ResourceArn=table.arn, Tags=[{"Key": "aws:x", "Value": "v"}]) == (
        "ValidationException", "Tag Key cannot be prefixed with aws:, Key: aws:x")


def test_limits_are_described(dynamodb):
    # Documented.
    shown = dynamodb.describe_limits()
    assert (shown["TableMaxReadCapacityUnits"], shown["AccountMaxWriteCapacityUnits"]) == (40000, 80000)


# --- Changes


def test_one_change_at_a_time(dynamodb, name):
    # Recorded: the combinations; a refused call changes nothing.
    create(dynamodb, name, ProvisionedThroughput=units(5, 5))
    before = describe(dynamodb, name)
    alone = " modification must be the only operation in the request"
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    for arguments, text in (
        ({"TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": True}, "TableClass" + alone),
        ({"SSESpecification": {"Enabled": False}, "TableClass": "STANDARD"}, "Server-Side Encryption" + alone),
        ({"StreamSpecification": stream, "ProvisionedThroughput": units(6, 6)},
         "You cannot modify stream status while updating table IOPS"),
        ({"GlobalSecondaryIndexUpdates": [], "DeletionProtectionEnabled": True},
         "List of GlobalSecondaryIndexUpdates is empty"),
        ({"SSESpecification": {}}, "Table is already encrypted by default"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
         "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"),
    ):
        assert error(dynamodb.update_table, TableName=name, **arguments) == ("ValidationException", INVALID + text)
    assert error(dynamodb.update_table, TableName=name)[1].startswith("At least one of ProvisionedThroughput, ")
    assert describe(dynamodb, name) == before
    reply = dynamodb.update_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                                  StreamSpecification=stream)["TableDescription"]
    assert reply["TableStatus"] == "UPDATING" and reply["StreamSpecification"] == stream


def test_throughput_goes_down_four_times_a_day(dynamodb, name):
    # Recorded: counters, dates, texts; the reply shows the old values.
    create(dynamodb, name, ProvisionedThroughput=units(10, 10))
    reply = dynamodb.update_table(TableName=name, ProvisionedThroughput=units(12, 9))["TableDescription"]
    assert reply["TableStatus"] == "UPDATING" and reply["ProvisionedThroughput"]["ReadCapacityUnits"] == 10
    shown = settled(dynamodb, name)["ProvisionedThroughput"]
    assert shown["NumberOfDecreasesToday"] == 1 and {"LastIncreaseDateTime", "LastDecreaseDateTime"} <= set(shown)
    for read in (11, 10, 9):
        dynamodb.update_table(TableName=name, ProvisionedThroughput=units(read, 9))
    shown = describe(dynamodb, name)["ProvisionedThroughput"]
    if shown["NumberOfDecreasesToday"] == 4:  # Unless a day has just ended.
        code, text = error(dynamodb.update_table, TableName=name, ProvisionedThroughput=units(8, 9))
        assert code == "LimitExceededException"
        assert text.startswith("Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC "
                               "day. After the first 4 decreases, each subsequent decrease in the same UTC day can be "
                               "performed at most once every 3600 seconds. Number of decreases today: 4. Last decrease at ")
        assert describe(dynamodb, name)["ProvisionedThroughput"] == shown
    assert error(dynamodb.update_table, TableName=name, ProvisionedThroughput=units(9, 9)) == (
        "ValidationException",
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current "
        "ReadCapacityUnits provisioned for the table: 9. Requested ReadCapacityUnits: 9. Current WriteCapacityUnits "
        "provisioned for the table: 9. Requested WriteCapacityUnits: 9. " + LIMITS_TEXT)


def test_an_index_comes_and_goes(dynamodb, name):
    # Recorded: states, Backfilling, pruned definitions, texts.
    create(dynamodb, name, **ON_DEMAND)
    for n in range(30):
        dynamodb.put_item(TableName=name, Item={"h": {"S": str(n)}, "g": {"S": "x"}})
    reply = dynamodb.update_table(TableName=name, AttributeDefinitions=definitions("gu"),
                                  GlobalSecondaryIndexUpdates=[{"Create": index("gsi", "g")}])["TableDescription"]
    assert reply["TableStatus"] == "UPDATING"
    assert (reply["GlobalSecondaryIndexes"][0]["IndexStatus"], reply["GlobalSecondaryIndexes"][0]["Backfilling"]) == (
        "CREATING", False)
    table = settled(dynamodb, name)
    assert "Backfilling" not in table["GlobalSecondaryIndexes"][0]
    assert [d["AttributeName"] for d in table["AttributeDefinitions"]] == ["g", "h"]
    answer = dynamodb.query(TableName=name, IndexName="gsi", KeyConditionExpression="g = :g",
                            ExpressionAttributeValues={":g": {"S": "x"}})
    assert answer["Count"] == 30
    for update, code, text in (
        ({"Create": index("gsi", "g")}, "ValidationException", "Attempting to create an index which already exists"),
        ({"Delete": {"IndexName": "ghost"}}, "ResourceNotFoundException",
         f"Requested resource not found: Index ghost for table {name}"),
        ({}, "ValidationException", INVALID + "One of GlobalSecondaryIndexUpdate.Update, "
         "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"),
    ):
        assert error(dynamodb.update_table, TableName=name, AttributeDefinitions=definitions("g"),
                     GlobalSecondaryIndexUpdates=[update]) == (code, text)
    reply = dynamodb.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gsi"}}])
    assert reply["TableDescription"]["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"
    table = settled(dynamodb, name)
    assert "GlobalSecondaryIndexes" not in table and table["AttributeDefinitions"] == definitions("h")


def test_warm_throughput_only_rises(dynamodb, name):
    # Recorded.
    warm = {"ReadUnitsPerSecond": 12001, "WriteUnitsPerSecond": 4001}
    made = create(dynamodb, name, **ON_DEMAND, WarmThroughput=warm)
    assert made["WarmThroughput"]["ReadUnitsPerSecond"] == 12001
    assert describe(dynamodb, name)["WarmThroughput"] == {**warm, "Status": "ACTIVE"}
    assert error(dynamodb.update_table, TableName=name, WarmThroughput={"ReadUnitsPerSecond": 12000}) == (
        "ValidationException", INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current "
                               "WarmThroughput, decreasing WarmThroughput is not supported")
    reply = dynamodb.update_table(TableName=name, WarmThroughput={"ReadUnitsPerSecond": 12002})["TableDescription"]
    assert reply["TableStatus"] == "ACTIVE" and reply["WarmThroughput"] == {**warm, "Status": "UPDATING"}
    until(lambda: describe(dynamodb, name)["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12002, "WriteUnitsPerSecond": 4001, "Status": "ACTIVE"}, "it is raised")


def test_the_class_changes_twice(dynamodb, name):
    # Recorded.
    create(dynamodb, name, **ON_DEMAND)
    for wanted in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        dynamodb.update_table(TableName=name, TableClass=wanted)
        until(lambda: describe(dynamodb, name)["TableClassSummary"]["TableClass"] == wanted, "the class is shown")
    assert error(dynamodb.update_table, TableName=name, TableClass="STANDARD") == (
        "LimitExceededException", "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).")


# --- Keys of several attributes


def test_an_index_on_eight_attributes(dynamodb, name):
    # Documented: four of each kind; equalities on all HASH attributes, RANGE attributes from left to right.
    letters = "abcdEFGH"
    base = {"KeySchema": keys("p"), "AttributeDefinitions": definitions("p" + letters.lower()), **ON_DEMAND}
    create(dynamodb, name, **base, GlobalSecondaryIndexes=[index("idx", letters)])
    assert describe(dynamodb, name)["GlobalSecondaryIndexes"][0]["KeySchema"] == keys(letters)
    for n in range(6):
        item = {x: {"S": "v"} for x in "abcdefg"}
        dynamodb.put_item(TableName=name, Item={**item, "p": {"S": f"p{n}"}, "h": {"S": str(n)}})
    dynamodb.put_item(TableName=name, Item={x: {"S": "v"} for x in "pabcdefg"})  # Lacks h: not in the index.
    hashes = " AND ".join(f"{x} = :v" for x in "abcd")

    def query(condition, **more):
        values = {":v": {"S": "v"}, **more.pop("values", {})}
        return dynamodb.query(TableName=name, IndexName="idx", KeyConditionExpression=condition,
                              ExpressionAttributeValues=values, **more)

    assert [i["p"]["S"] for i in query(hashes)["Items"]] == [f"p{n}" for n in range(6)]
    ranged = query(hashes + " AND e = :v AND f = :v AND g = :v AND h BETWEEN :x AND :y",
                   values={":x": {"S": "2"}, ":y": {"S": "4"}})
    assert [i["p"]["S"] for i in ranged["Items"]] == ["p2", "p3", "p4"]
    first = query(hashes, Limit=4)
    assert set(first["LastEvaluatedKey"]) == set("pabcdefgh")
    assert [i["p"]["S"] for i in query(hashes, ExclusiveStartKey=first["LastEvaluatedKey"])["Items"]] == ["p4", "p5"]
    for condition in ("a = :v AND b = :v AND c = :v", hashes + " AND f = :v", hashes + " AND e > :v AND f = :v",
                      "a = :v AND b = :v AND c = :v AND d > :v"):
        with pytest.raises(ClientError, match="ValidationException"):
            query(condition)


@pytest.mark.parametrize("letters, text", [
    # Recorded.
    ("abcde", INVALID + "The KeySchema exceeds the maximum allowed number of HASH key attributes"),
    ("aBCDEF", INVALID + "The KeySchema exceeds the maximum allowed number of RANGE key attributes"),
    ("aBc", INVALID + "All HASH key attributes must precede RANGE key attributes in the KeySchema"),
    ("Ab", "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    ("abA", "The KeySchema contains multiple key attributes with the same name"),
])
def test_other_keys_are_refused(dynamodb, name, letters, text):
    arguments = {"KeySchema": keys("p"), "AttributeDefinitions": definitions("".join(dict.fromkeys("p" + letters.lower()))),
                 **ON_DEMAND}
    assert error(dynamodb.create_table, TableName=name, **arguments,
                 GlobalSecondaryIndexes=[index("idx", letters)]) == ("ValidationException", text)


# --- Policies and insights


def policy(action="dynamodb:GetItem", **more):
    statement = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": [action], "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_resource_policies(dynamodb, table):
    # Recorded: moto's tests, which run against AWS; the canonical form and the texts of faults.
    missing = "Resource-based policy not found for the provided ResourceArn: "
    assert error(dynamodb.get_resource_policy, ResourceArn=table.arn) == ("PolicyNotFoundException", missing + table.arn)
    assert "RevisionId" not in dynamodb.delete_resource_policy(ResourceArn=table.arn)
    first = dynamodb.put_resource_policy(ResourceArn=table.arn, Policy=policy(), ExpectedRevisionId="NO_POLICY")["RevisionId"]
    assert dynamodb.put_resource_policy(ResourceArn=table.arn, Policy=policy())["RevisionId"] == first
    assert error(dynamodb.put_resource_policy, ResourceArn=table.arn, Policy=policy(), ExpectedRevisionId="NO_POLICY") == (
        "PolicyNotFoundException",
        missing + f"Requested policy update expecting none to be present for table {table.name}, but a policy exists with "
                  f"revision id {first}.")
    second = dynamodb.put_resource_policy(ResourceArn=table.arn, Policy=policy("dynamodb:PutItem"),
                                          ExpectedRevisionId=first)["RevisionId"]
    assert second > first
    shown = dynamodb.get_resource_policy(ResourceArn=table.arn)
    assert shown["RevisionId"] == second
    assert json.loads(shown["Policy"])["Statement"][0]["Action"] == "dynamodb:PutItem"
    assert json.loads(shown["Policy"])["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    stale = missing + (f"Requested update for policy with revision id {first}, but the policy associated to target table "
                       f"{table.name} has revision id {second}.")
    assert error(dynamodb.delete_resource_policy, ResourceArn=table.arn, ExpectedRevisionId=first) == (
        "PolicyNotFoundException", stale)
    assert dynamodb.delete_resource_policy(ResourceArn=table.arn, ExpectedRevisionId=second)["RevisionId"] == second
    # A stream has a policy of its own.
    dynamodb.put_resource_policy(ResourceArn=table.stream, Policy=policy("dynamodb:GetRecords"))
    assert error(dynamodb.get_resource_policy, ResourceArn=table.arn)[0] == "PolicyNotFoundException"
    assert dynamodb.get_resource_policy(ResourceArn=table.stream)["RevisionId"]
    for text, fault in (("{", "Invalid policy document: This policy contains invalid Json"),
                        (policy("dynamodb:GetRecords"),
                         'Invalid policy document: The following action names are invalid: "dynamodb:GetRecords"'),
                        (policy().ljust(20_481), "Maximum policy size of 20480 bytes exceeded")):
        assert error(dynamodb.put_resource_policy, ResourceArn=table.arn, Policy=text) == (
            "ValidationException", INVALID + fault)
    dynamodb.put_resource_policy(ResourceArn=table.arn, Policy=policy().ljust(20_480))
    assert error(dynamodb.get_resource_policy, ResourceArn=table.arn + "x") == (
        "ResourceNotFoundException", f"Requested resource not found: Table: {table.name}x not found")


def test_a_table_comes_with_a_policy(dynamodb, name):
    made = create(dynamodb, name, **ON_DEMAND, ResourcePolicy=policy())
    assert dynamodb.get_resource_policy(ResourceArn=made["TableArn"])["RevisionId"]


def test_contributor_insights_stay_disabled(dynamodb, table):
    # Recorded: what a table shows where they were never enabled; that they cannot be is this server's.
    shown = dynamodb.describe_contributor_insights(TableName=table.name)
    assert (shown["TableName"], shown["ContributorInsightsStatus"]) == (table.name, "DISABLED")
    assert dynamodb.list_contributor_insights(TableName=table.name)["ContributorInsightsSummaries"] == []
    off = dynamodb.update_contributor_insights(TableName=table.name, ContributorInsightsAction="DISABLE")
    assert off["ContributorInsightsStatus"] == "DISABLED"
    assert error(dynamodb.update_contributor_insights, TableName=table.name, ContributorInsightsAction="ENABLE") == (
        "ValidationException", INVALID + "ContributorInsightsAction ENABLE is not supported by this server")
    assert error(dynamodb.describe_contributor_insights, TableName=table.name, IndexName="none")[0] == (
        "ResourceNotFoundException")
