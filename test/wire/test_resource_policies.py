"""Policies of tables, streams, consumers, queues and functions decide together with those of roles.

The rules and the wording of refusals are documented ("Policy evaluation logic", "AWS JSON policy elements: Principal",
"NotPrincipal", "Troubleshoot access denied errors" in the IAM user guide) unless a test says otherwise.
"""

import json

import pytest

from mapping_support import archive, make_function, make_queue, make_stream
from roles import FLAGS, ITEM, allow, make_pipe, make_role, make_table, root, send, session, target_errors
from support import refused, serving, until

ACCOUNT = "000000000000"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
TRUST = {"AWS": ACCOUNT}
BY_RESOURCE = "with an explicit deny in a resource-based policy"


@pytest.fixture(scope="module")
def strict():
    with serving(*FLAGS) as server:
        yield server


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, principal, actions, resource="*", **more):
    return {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resource, **more}


def message(call, **arguments):
    """Why the call is denied."""
    code, _, error = refused(call, **arguments)
    assert code.startswith("AccessDenied"), error
    return error["Message"]


def test_a_table_lets_a_role_in(strict):
    role = make_role(strict, "guest", TRUST)
    table = make_table(strict, "lobby",
                       GlobalSecondaryIndexes=[{
                           "IndexName": "by-id", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                           "Projection": {"ProjectionType": "ALL"}}])["TableArn"]
    tables, me = root(strict, "dynamodb"), session(strict, role)("dynamodb")
    query = {"TableName": "lobby", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "1"}}}
    put = {"TableName": "lobby", "Item": ITEM}
    nobody = message(me.get_item, TableName="lobby", Key=ITEM)
    assert nobody.endswith("because no identity-based policy allows the dynamodb:GetItem action")

    # To the account: its policies of identities decide, and there is none.
    reads = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PartiQLSelect", "dynamodb:BatchGetItem"]
    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Allow", {"AWS": ACCOUNT}, reads)))
    assert message(me.get_item, TableName="lobby", Key=ITEM) == nobody

    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Allow", {"AWS": role}, reads, table)))
    me.get_item(TableName="lobby", Key=ITEM)
    me.get_item(TableName=table, Key=ITEM)
    me.query(**query)
    me.execute_statement(Statement="SELECT * FROM lobby")
    me.batch_get_item(RequestItems={"lobby": {"Keys": [ITEM]}})
    assert message(me.put_item, **put).endswith("because no identity-based policy allows the dynamodb:PutItem action")
    # Indexes are other resources under the same policy.
    assert f"on resource: {table}/index/by-id because" in message(me.query, IndexName="by-id", **query)
    tables.put_resource_policy(
        ResourceArn=table, Policy=policy(statement("Allow", {"AWS": role}, reads, [table, table + "/index/*"])))
    me.query(IndexName="by-id", **query)

    # A session by its own ARN; one of another name is not meant.
    mine = f"arn:aws:sts::{ACCOUNT}:assumed-role/guest/me"
    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Allow", {"AWS": mine}, reads)))
    me.get_item(TableName="lobby", Key=ITEM)
    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Allow", {"AWS": mine + "2"}, reads)))
    assert message(me.get_item, TableName="lobby", Key=ITEM) == nobody

    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Allow", {"AWS": role}, reads)))
    me.get_item(TableName="lobby", Key=ITEM)
    tables.delete_resource_policy(ResourceArn=table)
    assert message(me.get_item, TableName="lobby", Key=ITEM) == nobody


def test_a_table_denies_whom_others_allow(strict):
    role = make_role(strict, "worker", TRUST)
    other = make_role(strict, "other", TRUST)
    table = make_table(strict, "closed")["TableArn"]
    for name in ("worker", "other"):
        allow(strict, name, "all", {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    tables, me, you = (root(strict, "dynamodb"), session(strict, role)("dynamodb"), session(strict, other)("dynamodb"))
    get = {"TableName": "closed", "Key": ITEM}
    me.get_item(**get)

    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Deny", {"AWS": role}, "dynamodb:GetItem")))
    user = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me"
    assert message(me.get_item, **get) == (
        f"User: {user} is not authorized to perform: dynamodb:GetItem on resource: {table} {BY_RESOURCE}")
    assert message(me.transact_get_items, TransactItems=[{"Get": get}]).endswith(BY_RESOURCE)
    me.put_item(TableName="closed", Item=ITEM)
    you.get_item(**get)
    tables.get_item(**get)

    # A Deny for an account is for everybody in it, the root user included, who may take the policy away all the same
    # (documented for DeleteResourcePolicy).
    tables.put_resource_policy(ResourceArn=table, Policy=policy(statement("Deny", {"AWS": ACCOUNT}, "dynamodb:*")))
    for client in (me, you, tables):
        assert message(client.get_item, **get).endswith(BY_RESOURCE)
    assert f"User: {ROOT_ARN} is not" in message(tables.describe_table, TableName="closed")
    assert message(tables.get_resource_policy, ResourceArn=table).endswith(BY_RESOURCE)
    assert message(me.delete_resource_policy, ResourceArn=table).endswith(BY_RESOURCE)
    tables.delete_resource_policy(ResourceArn=table)
    for client in (me, you, tables):
        client.get_item(**get)

    # All but those who are named, each together with the account.
    spared = {"Effect": "Deny", "NotPrincipal": {"AWS": [ROOT_ARN, role]}, "Action": "dynamodb:GetItem", "Resource": "*"}
    tables.put_resource_policy(ResourceArn=table, Policy=policy(spared))
    me.get_item(**get)
    tables.get_item(**get)
    assert message(you.get_item, **get).endswith(BY_RESOURCE)

    # Conditions: the ARN of a principal is that of its role.
    unless = {"ArnNotEquals": {"aws:PrincipalArn": other}, "StringEquals": {"aws:PrincipalType": "AssumedRole"}}
    tables.put_resource_policy(
        ResourceArn=table, Policy=policy(statement("Deny", "*", "dynamodb:GetItem", Condition=unless)))
    assert message(me.get_item, **get).endswith(BY_RESOURCE)
    you.get_item(**get)
    tables.get_item(**get)
    # A changed policy holds at once (deduced: here without delay).
    tables.put_resource_policy(
        ResourceArn=table, Policy=policy({**spared, "NotPrincipal": {"AWS": [ROOT_ARN, other]}}))
    assert message(me.get_item, **get).endswith(BY_RESOURCE)
    you.get_item(**get)


def test_a_table_may_be_made_with_a_policy(strict):
    # Documented: it takes both permissions, and the policy holds from the beginning.
    role = make_role(strict, "maker", TRUST)
    me = session(strict, role)("dynamodb")
    shape = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
             "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
             "ResourcePolicy": policy(statement("Allow", {"AWS": role}, "dynamodb:GetItem"))}
    allow(strict, "maker", "make", {"Effect": "Allow", "Action": "dynamodb:CreateTable", "Resource": "*"})
    assert "dynamodb:PutResourcePolicy" in message(send, client=me, operation="CreateTable", TableName="made", **shape)
    allow(strict, "maker", "make", {
        "Effect": "Allow", "Action": ["dynamodb:CreateTable", "dynamodb:PutResourcePolicy"], "Resource": "*"})
    send(me, "CreateTable", TableName="made", **shape)
    me.get_item(TableName="made", Key=ITEM)
    assert "dynamodb:DescribeTable" in message(me.describe_table, TableName="made")


def test_the_stream_of_a_table_has_a_policy_of_its_own(strict):
    role = make_role(strict, "watcher", TRUST)
    made = make_table(strict, "watched", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    stream = made["LatestStreamArn"]
    tables, me = root(strict, "dynamodb"), session(strict, role)("dynamodbstreams")
    tables.put_resource_policy(
        ResourceArn=made["TableArn"], Policy=policy(statement("Allow", {"AWS": role}, "dynamodb:*")))
    assert "dynamodb:DescribeStream" in message(me.describe_stream, StreamArn=stream)
    reads = ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"]
    tables.put_resource_policy(ResourceArn=stream, Policy=policy(statement("Allow", {"AWS": role}, reads, stream)))
    shard = me.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = me.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    me.get_records(ShardIterator=iterator)
    tables.put_resource_policy(
        ResourceArn=stream, Policy=policy(statement("Allow", {"AWS": role}, reads[:2], stream)))
    assert f"dynamodb:GetRecords on resource: {stream} because" in message(me.get_records, ShardIterator=iterator)


def test_a_kinesis_stream_and_its_consumers(strict):
    role = make_role(strict, "consumer", TRUST)
    streams, me = root(strict, "kinesis"), session(strict, role)("kinesis")
    stream = make_stream(streams, "shared")
    record = {"StreamName": "shared", "Data": b"x", "PartitionKey": "k"}
    assert message(me.put_record, **record).endswith("because no identity-based policy allows the kinesis:PutRecord action")
    streams.put_resource_policy(ResourceARN=stream, Policy=policy(
        statement("Allow", {"AWS": role}, ["kinesis:Put*", "kinesis:GetShardIterator", "kinesis:GetRecords"], stream)))
    me.put_record(**record)
    assert me.put_records(StreamName="shared", Records=[{"Data": b"y", "PartitionKey": "k"}])["FailedRecordCount"] == 0
    iterator = me.get_shard_iterator(
        StreamName="shared", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    me.get_records(ShardIterator=iterator)
    assert "kinesis:DeleteStream" in message(me.delete_stream, StreamName="shared")

    # An iterator stands for its stream, whose policy denies what that of the role allows.
    allow(strict, "consumer", "all", {"Effect": "Allow", "Action": "kinesis:*", "Resource": stream + "*"})
    streams.put_resource_policy(ResourceARN=stream, Policy=policy(
        statement("Deny", {"AWS": role}, "kinesis:GetRecords", stream)))
    assert message(me.get_records, ShardIterator=iterator).endswith(f"on resource: {stream} {BY_RESOURCE}")
    streams.get_records(ShardIterator=iterator)

    # A consumer is a resource with a policy of its own; that of the stream is not asked.
    consumer = streams.register_stream_consumer(StreamARN=stream, ConsumerName="c")["Consumer"]["ConsumerARN"]
    until(lambda: streams.describe_stream_consumer(
        ConsumerARN=consumer)["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE", "ACTIVE")
    subscribe = {"ConsumerARN": consumer, "ShardId": "shardId-000000000000",
                 "StartingPosition": {"Type": "TRIM_HORIZON"}}
    streams.put_resource_policy(ResourceARN=consumer, Policy=policy(
        statement("Deny", {"AWS": role}, ["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"], consumer)))
    assert message(me.subscribe_to_shard, **subscribe).endswith(f"on resource: {consumer} {BY_RESOURCE}")
    for named in ({"ConsumerARN": consumer}, {"StreamARN": stream, "ConsumerName": "c"}):
        assert message(me.describe_stream_consumer, **named).endswith(f"on resource: {consumer} {BY_RESOURCE}")
    root(strict, "iam").delete_role_policy(RoleName="consumer", PolicyName="all")
    streams.put_resource_policy(ResourceARN=consumer, Policy=policy(
        statement("Allow", {"AWS": role}, ["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"], consumer)))
    me.describe_stream_consumer(StreamARN=stream, ConsumerName="c")
    events = me.subscribe_to_shard(**subscribe)["EventStream"]
    assert [r["Data"] for r in next(e for e in events if "SubscribeToShardEvent" in e)["SubscribeToShardEvent"]["Records"]
            ] == [b"x", b"y"]
    events.close()
    assert json.loads(streams.get_resource_policy(ResourceARN=consumer)["Policy"])["Statement"][0]["Effect"] == "Allow"
    streams.delete_resource_policy(ResourceARN=consumer)
    assert streams.get_resource_policy(ResourceARN=consumer)["Policy"] == "{}"
    assert "because no identity-based policy" in message(me.describe_stream_consumer, ConsumerARN=consumer)
    nobody = stream + "/consumer/d:17"
    for call, more in ((streams.get_resource_policy, {}), (streams.put_resource_policy, {"Policy": policy()}),
                       (streams.delete_resource_policy, {})):
        assert refused(call, ResourceARN=nobody, **more)[0] == "ResourceNotFoundException"

    # Whatever it denies, the root user can change it (deduced from the description of PutResourcePolicy).
    streams.put_resource_policy(ResourceARN=stream, Policy=policy(statement("Deny", "*", "kinesis:*", stream)))
    assert message(streams.put_record, **record).endswith(BY_RESOURCE)
    streams.put_resource_policy(ResourceARN=stream, Policy=policy(statement("Deny", {"AWS": role}, "kinesis:*", stream)))
    streams.put_record(**record)
    # Deduced: what is of another partition is not here, so that no policy is passed by under such a name.
    allow(strict, "consumer", "all", {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"})
    for client in (me, streams):
        code, _, error = refused(send, client=client, operation="PutRecord", Data="eA==", PartitionKey="k",
                                 StreamARN=stream.replace("arn:aws:", "arn:aws-cn:"))
        assert code == "InvalidArgumentException", error
    streams.delete_resource_policy(ResourceARN=stream)


def test_a_queue(strict):
    role = make_role(strict, "sender", TRUST)
    queues, me = root(strict, "sqs"), session(strict, role)("sqs")
    make_queue(queues, "letters")
    url = queues.get_queue_url(QueueName="letters")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:letters"
    send = {"QueueUrl": url, "MessageBody": "m"}

    def set_policy(*statements):
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(*statements) if statements else ""})

    assert message(me.send_message, **send).endswith("because no identity-based policy allows the sqs:SendMessage action")
    set_policy(statement("Allow", {"AWS": role}, "sqs:SendMessage", arn))
    me.send_message(**send)
    me.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    assert "sqs:ReceiveMessage" in message(me.receive_message, QueueUrl=url)
    set_policy(statement("Allow", "*", "sqs:*", arn, Condition={"ArnEquals": {"aws:PrincipalArn": role}}))
    me.send_message(**send)
    # No service stands between: a source there is only for calls of services.
    set_policy(statement("Allow", "*", "sqs:*", arn, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*"}}))
    assert "because no identity-based" in message(me.send_message, **send)
    set_policy(statement("Allow", {"AWS": role}, "sqs:*", arn), statement("Deny", "*", "sqs:SendMessage", arn))
    me.receive_message(QueueUrl=url)
    assert message(me.send_message, **send).endswith(BY_RESOURCE)
    assert message(queues.send_message, **send).endswith(BY_RESOURCE)
    # The root user can edit a policy that denies everybody (documented as a task of the root user).
    set_policy(statement("Deny", "*", "sqs:*", arn))
    assert message(queues.purge_queue, QueueUrl=url).endswith(BY_RESOURCE)
    assert "Deny" in queues.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    set_policy()
    queues.send_message(**send)


def test_a_queue_between_accounts():
    # Documented: callers from another account need the queue's policy. Without signatures an access key of twelve
    # digits is an account, and a queue is the one thing that can be addressed across.
    with serving() as server:
        mine, yours = server.client("sqs", key="111111111111"), server.client("sqs", key="222222222222")
        url = mine.create_queue(QueueName="shared")["QueueUrl"]

        def may_send(principal, **more):
            mine.set_queue_attributes(QueueUrl=url, Attributes={
                "Policy": policy(statement("Allow", principal, "sqs:SendMessage", "arn:aws:sqs:*:*:shared", **more))})
            try:
                yours.send_message(QueueUrl=url, MessageBody="m")
            except yours.exceptions.ClientError as error:
                assert error.response["Error"]["Code"].startswith("AccessDenied")
                return False
            return True

        theirs = "arn:aws:iam::222222222222:root"
        assert may_send({"AWS": "222222222222"})
        assert may_send({"AWS": theirs})
        assert not may_send({"AWS": "333333333333"})
        assert may_send("*", Condition={"StringEquals": {"aws:PrincipalAccount": "222222222222"}})
        assert may_send("*", Condition={"ArnEquals": {"aws:PrincipalArn": theirs}})
        assert not may_send("*", Condition={"StringEquals": {"aws:PrincipalAccount": "333333333333"}})
        assert not may_send("*", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}})


def test_a_function(strict):
    functions = root(strict, "lambda")
    make_function(functions, make_role(strict, "runs", {"Service": "lambda.amazonaws.com"}), "answer",
                  source="def handler(event, context): return 'hello'")
    functions.publish_version(FunctionName="answer")
    role = make_role(strict, "caller", TRUST)
    me = session(strict, role)("lambda")
    assert "because no identity-based policy allows the lambda:InvokeFunction" in message(
        me.invoke, FunctionName="answer")
    functions.add_permission(
        FunctionName="answer", StatementId="one", Action="lambda:InvokeFunction", Principal=role)
    assert me.invoke(FunctionName="answer")["Payload"].read() == b'"hello"'
    # A version has a policy of its own.
    assert "function:answer:1 because" in message(me.invoke, FunctionName="answer", Qualifier="1")
    functions.add_permission(
        FunctionName="answer", Qualifier="1", StatementId="two", Action="lambda:InvokeFunction", Principal=role)
    me.invoke(FunctionName="answer", Qualifier="1")
    elsewhere = f"arn:aws-cn:lambda:us-east-1:{ACCOUNT}:function:answer"
    code, status, error = refused(functions.invoke, FunctionName=elsewhere)
    assert (code, status, error["Message"]) == ("ResourceNotFoundException", 404, f"Function not found: {elsewhere}")
    functions.remove_permission(FunctionName="answer", StatementId="one")
    assert "because no identity-based policy" in message(me.invoke, FunctionName="answer")
    # For a service alone it opens nothing to others; an account decides by its own policies.
    for principal in ("s3.amazonaws.com", ACCOUNT):
        functions.add_permission(
            FunctionName="answer", StatementId="three", Action="lambda:InvokeFunction", Principal=principal)
        assert "because no identity-based policy" in message(me.invoke, FunctionName="answer")
        functions.remove_permission(FunctionName="answer", StatementId="three")


def test_a_function_is_not_there_for_other_accounts():
    # On AWS its policy decides; here only queues are addressed across accounts, whether permissions are checked or not.
    with serving() as server:
        mine, yours = server.client("lambda", key="111111111111"), server.client("lambda", key="222222222222")
        mine.create_function(FunctionName="f", Runtime="python3.11", Handler="app.handler",
                             Role=make_role(server, "runs", {"Service": "lambda.amazonaws.com"}),
                             Code={"ZipFile": archive("def handler(event, context): return 1")})
        arn = mine.get_function_configuration(FunctionName="f")["FunctionArn"]
        for call in (yours.get_function, yours.invoke, yours.delete_function):
            for name in (arn, "111111111111:function:f"):
                code, status, error = refused(call, FunctionName=name)
                assert (code, status) == ("ResourceNotFoundException", 404)
                assert error["Message"] == f"Function not found: {arn}"
        mine.get_function(FunctionName=arn)


def test_a_service_acts_as_its_role(strict):
    # A pipe's role is let in by the stream, and then kept out.
    target, put, received = make_pipe(strict, "let-in")
    streams, role = root(strict, "kinesis"), f"arn:aws:iam::{ACCOUNT}:role/let-in"
    put("a")
    streams.put_resource_policy(
        ResourceARN=target, Policy=policy(statement("Allow", {"AWS": role}, "kinesis:PutRecords", target)))
    until(lambda: received() == ["a"], "the record")
    allow(strict, "let-in", "target", {"Effect": "Allow", "Action": "kinesis:PutRecords", "Resource": target})
    streams.put_resource_policy(
        ResourceARN=target, Policy=policy(statement("Deny", {"AWS": role}, "kinesis:PutRecords", target)))
    before = target_errors(strict)
    put("b")
    until(lambda: target_errors(strict) > before, "the pipe is denied")
    assert received() == ["a"]
    streams.delete_resource_policy(ResourceARN=target)
    until(lambda: received() == ["a", "b"], "both, once each")


def test_soft_tells_and_off_does_not_ask():
    # Deduced: soft lets through what strict refuses, and logs it. Without authorisation nobody is asked.
    deny = policy(statement("Deny", {"AWS": ACCOUNT}, "dynamodb:GetItem"))
    for mode in ("soft", "off"):
        with serving("--auth", mode, *FLAGS[2:]) as server:
            table = make_table(server, "table")["TableArn"]
            root(server, "dynamodb").put_resource_policy(ResourceArn=table, Policy=deny)
            root(server, "dynamodb").get_item(TableName="table", Key=ITEM)
            log = server.log()
        told = f"User: {ROOT_ARN} is not authorized to perform: dynamodb:GetItem on resource: {table} {BY_RESOURCE}"
        assert (told in log) == (mode == "soft"), log
