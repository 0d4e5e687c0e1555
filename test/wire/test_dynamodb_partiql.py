"""PartiQL with boto3: ExecuteStatement, BatchExecuteStatement and ExecuteTransaction. Known from the developer guide
and the API reference (documented), from public suites run against the real service in 2026 (recorded), or chosen
where neither says anything (deduced)."""

import json

import boto3
import botocore.config
import pytest

from support import raw, refused

MALFORMED = "Statement wasn't well formed, can't be processed: "


@pytest.fixture(scope="module")
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture(scope="module")
def raw_client(endpoint):
    """Sends what botocore would refuse by itself."""
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test",
        config=botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=False))


@pytest.fixture
def music(dynamodb, name):
    """A table with the keys artist (S) and year (N), a global index on genre and a local one on rank."""
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": t} for a, t in (
            ("artist", "S"), ("year", "N"), ("genre", "S"), ("rank", "N"))],
        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-genre", "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        LocalSecondaryIndexes=[{
            "IndexName": "by-rank", "KeySchema": [
                {"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "rank", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    for artist in ("Acme", "Bell"):
        for year in (1, 2, 3):
            dynamodb.put_item(TableName=name, Item={
                "artist": {"S": artist}, "year": {"N": str(year)}, "genre": {"S": f"g{year % 2}"},
                "rank": {"N": str(-year)}, "title": {"S": f"{artist} {year}"}})
    return name


def run(dynamodb, statement, *parameters, **more):
    if parameters:
        more["Parameters"] = list(parameters)
    return dynamodb.execute_statement(Statement=statement, **more)


def send(endpoint, operation, request):
    """The reply to a request with members that Debian's botocore does not know."""
    _, _, body = raw(endpoint, "POST", "/", json.dumps(request), {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"})
    return json.loads(body)


def problem(call, **arguments):
    """CODE: text"""
    code, status, error = refused(call, **arguments)
    assert status == 400
    return f"{code}: {error['Message']}"


def test_an_item_is_inserted_read_updated_and_deleted(dynamodb, music):
    # Documented: the four statements; recorded: empty Items of writes.
    made = run(
        dynamodb, f"""INSERT INTO "{music}" VALUE {{'artist': ?, 'year': 4, 'data': ?, 'price': 1.50, 'gone': null,
            'yes': true, 'entries': [1, 'a', {{'k': <<'x', 'y'>>}}], 'numbers': <<1, 2.5>>, 'it''s': 'it''s'}}""",
        {"S": "Acme"}, {"B": b"\x00\xff"})
    assert made["Items"] == []
    key = "WHERE artist = 'Acme' AND \"year\" = 4"
    item = run(dynamodb, f'SELECT * FROM "{music}" {key}')["Items"][0]
    assert item == {
        "artist": {"S": "Acme"}, "year": {"N": "4"}, "data": {"B": b"\x00\xff"}, "price": {"N": "1.5"},
        "gone": {"NULL": True}, "yes": {"BOOL": True}, "it's": {"S": "it's"}, "numbers": {"NS": ["1", "2.5"]},
        "entries": {"L": [{"N": "1"}, {"S": "a"}, {"M": {"k": {"SS": ["x", "y"]}}}]}}
    changed = run(
        dynamodb, f"""UPDATE "{music}" SET price = price + 1 SET entries[2].k = set_delete(entries[2].k, <<'x'>>)
            SET numbers = set_add(numbers, ?), title = 'new' REMOVE gone {key} AND yes = true
            RETURNING MODIFIED NEW *""", {"NS": ["3"]})["Items"]
    assert changed == [{
        "price": {"N": "2.5"}, "entries": {"L": [{"M": {"k": {"SS": ["y"]}}}]}, "numbers": {"NS": ["1", "2.5", "3"]},
        "title": {"S": "new"}}]
    shown = run(dynamodb, f'SELECT entries[2].k, price FROM "{music}" {key}')["Items"]
    assert shown == [{"k": {"SS": ["y"]}, "price": {"N": "2.5"}}]
    old = run(dynamodb, f'DELETE FROM "{music}" {key} RETURNING ALL OLD *')["Items"]
    assert old[0]["title"] == {"S": "new"}
    assert run(dynamodb, f'DELETE FROM "{music}" {key} AND title = 1 RETURNING ALL OLD *')["Items"] == []


def test_statements_are_refused(dynamodb, endpoint, music):
    # Recorded.
    cases = {
        f'INSERT INTO "{music}" VALUE {{\'artist\': \'Acme\', \'year\': 1}}':
            "DuplicateItemException: Duplicate primary key exists in table",
        f'UPDATE "{music}" SET a = 1 WHERE artist = \'Acme\' AND "year" = 9':
            "ConditionalCheckFailedException: The conditional request failed",
        f'DELETE FROM "{music}" WHERE artist = \'Acme\' AND "year" = 1 AND title = \'x\'':
            "ConditionalCheckFailedException: The conditional request failed",
        f'DELETE FROM "{music}" WHERE artist = \'Acme\'':
            "ValidationException: Where clause does not contain a mandatory equality on all key attributes",
        "SELECT * FROM \"no-such-table\" WHERE a = 1": "ResourceNotFoundException: Requested resource not found",
        f'SLECT * FROM "{music}"': f"ValidationException: {MALFORMED}Expected data manipulation",
        f'SELECT * FROM "{music}" WHERE artist = \'Acme\' x':
            f"ValidationException: {MALFORMED}Unexpected token after expression",
        f'SELECT * FROM "{music}" WHERE artist = ?':
            "ValidationException: Number of parameters in request and statement don't match.",
        f'SELECT * FROM "{music}" WHERE artist = 1':
            "ValidationException: Key attribute's data type should match its data type in table's schema: Key artist",
        f'SELECT * FROM "{music}"."none"': "ValidationException: The table does not have the specified index",
        f'SELECT title FROM "{music}"."by-genre"':
            "ValidationException: One or more parameter values were invalid: Global secondary index by-genre does not "
            "project [title]",
        f'SELECT artist FROM "{music}" LIMIT 5':
            f"ValidationException: Unsupported clause: LIMIT at 1:{len(music) + 29}:1",
        f'EXISTS(SELECT * FROM "{music}" WHERE artist = \'Acme\' AND "year" = 1 AND a IS MISSING)':
            "ValidationException: EXISTS can only be used in ExecuteTransaction write requests.",
    }
    for statement, text in cases.items():
        assert problem(dynamodb.execute_statement, Statement=statement) == text, statement
    # Recorded: a bad parameter comes before a bad statement.
    assert problem(dynamodb.execute_statement, Statement="UPDATE", Parameters=[{"SS": ["a", "a"]}]) == (
        "ValidationException: One or more parameter values were invalid: Input collection [a, a] contains duplicates.")
    # Documented: the item with ALL_OLD.
    error = send(endpoint, "ExecuteStatement", {
        "Statement": f'UPDATE "{music}" SET a = 1 WHERE artist = \'Acme\' AND "year" = 1 AND title = \'x\'',
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    assert error["__type"].endswith("#ConditionalCheckFailedException")
    assert error["Item"]["title"] == {"S": "Acme 1"}


def test_selects_read_ranges_pages_and_indexes(dynamodb, music):
    # Documented: IN, BETWEEN, functions; recorded: the order with ORDER BY, indexes, NextToken with LastEvaluatedKey.
    def years(where, source=""):
        items = run(dynamodb, f'SELECT artist, "year" FROM "{music}"{source} WHERE {where}')["Items"]
        return [item["artist"]["S"][0] + item["year"]["N"] for item in items]

    assert years("artist = 'Acme' AND \"year\" BETWEEN 2 AND 9") == ["A2", "A3"]
    assert years("artist IN ['Bell', 'Acme'] AND \"year\" IN [3, 1]") == ["A1", "A3", "B1", "B3"]
    assert years("artist IN ['Acme', 'Bell'] ORDER BY artist DESC, \"year\" ASC") == ["B1", "B2", "B3", "A1", "A2", "A3"]
    assert years("artist = 'Acme' ORDER BY \"year\" DESC") == ["A3", "A2", "A1"]
    assert sorted(years("begins_with(title, 'Acme') AND size(title) = 6 AND NOT contains(title, '2')")) == ["A1", "A3"]
    assert sorted(years("genre = 'g0'", '."by-genre"')) == ["A2", "B2"]
    assert years("artist = 'Acme' AND rank < -1", '."by-rank"') == ["A3", "A2"]
    assert run(dynamodb, f'SELECT title FROM "{music}"."by-rank" WHERE artist = \'Acme\' AND rank = -1')["Items"] == [
        {"title": {"S": "Acme 1"}}]

    statement = f'SELECT "year" FROM "{music}" WHERE artist IN [\'Acme\', \'Bell\'] AND "year" > 1'
    seen, more = [], {}
    while True:
        page = run(dynamodb, statement, Limit=1, **more)
        seen += [item["year"]["N"] for item in page["Items"]]
        assert ("NextToken" in page) == ("LastEvaluatedKey" in page)
        if "NextToken" not in page:
            break
        assert set(page["LastEvaluatedKey"]) == {"artist", "year"}
        more = {"NextToken": page["NextToken"]}
    assert seen == ["2", "3", "2", "3"]
    assert problem(dynamodb.execute_statement, Statement=statement + " AND a = 1", **more) == (
        "ValidationException: The provided starting key is invalid")
    assert problem(dynamodb.execute_statement, Statement=statement, NextToken="x") == (
        "ValidationException: Invalid NextToken")


def test_capacity_and_consistency(dynamodb, music):
    # Recorded: what reads and writes consume, and the text of a consistent read of a global index.
    asked = {"ReturnConsumedCapacity": "TOTAL"}
    one = f'SELECT * FROM "{music}" WHERE artist = \'Acme\' AND "year" = 1'
    assert run(dynamodb, one, **asked)["ConsumedCapacity"] == {"TableName": music, "CapacityUnits": 0.5}
    assert run(dynamodb, one, ConsistentRead=True, **asked)["ConsumedCapacity"]["CapacityUnits"] == 1
    write = f'DELETE FROM "{music}" WHERE artist = \'none\' AND "year" = 1'
    assert run(dynamodb, write, **asked)["ConsumedCapacity"]["CapacityUnits"] == 1
    assert problem(
        dynamodb.execute_statement, Statement=f'SELECT * FROM "{music}"."by-genre"', ConsistentRead=True) == (
        "ValidationException: Strongly consistent read is not supported on Global Secondary Indexes")


def test_limits(raw_client, music):
    # Documented: 8192 characters a statement, 25 statements a batch, 100 a transaction, 50 partition keys in IN,
    # 100 other values in IN; recorded: the texts of the last two.
    def padded(length):
        statement = f'SELECT * FROM "{music}" WHERE artist = \'Acme\' AND "year" = 1'
        return statement + " " * (length - len(statement))

    assert len(run(raw_client, padded(8192))["Items"]) == 1
    assert "Member must have length less than or equal to 8192" in problem(
        raw_client.execute_statement, Statement=padded(8193))
    assert "Member must have length greater than or equal to 1" in problem(
        raw_client.execute_statement, Statement=padded(100), Parameters=[])

    one = {"Statement": padded(1)}
    assert len(raw_client.batch_execute_statement(Statements=[one] * 25)["Responses"]) == 25
    for count in (0, 26):
        assert problem(raw_client.batch_execute_statement, Statements=[one] * count).startswith(
            "ValidationException: 1 validation error detected")
    insert = f"INSERT INTO \"{music}\" VALUE {{'artist': 'many', 'year': "
    many = [{"Statement": f"{insert}{i}}}"} for i in range(101)]
    for statements in ([], many):
        assert problem(raw_client.execute_transaction, TransactStatements=statements).startswith(
            "ValidationException: 1 validation error detected")
    assert raw_client.execute_transaction(TransactStatements=many[:100])["Responses"] == []
    assert len(run(raw_client, f'SELECT artist FROM "{music}" WHERE artist = \'many\'')["Items"]) == 100

    def listed(count):
        return "[" + ", ".join(f"'v{i}'" for i in range(count)) + "]"

    select = f'SELECT * FROM "{music}" WHERE artist '
    assert run(raw_client, select + f"IN {listed(50)} AND genre IN {listed(100)}")["Items"] == []
    assert problem(raw_client.execute_statement, Statement=select + f"IN {listed(51)}") == (
        "ValidationException: Too many decomposed read operations for a given query.")
    assert problem(raw_client.execute_statement, Statement=select + f"= 'a' AND genre IN {listed(101)}") == (
        "ValidationException: The IN operator is provided with too many operands; number of operands: 101")


def test_items_nest_and_weigh_as_much_as_others(dynamodb, music):
    # Recorded: literals nest 32 levels with the attribute's own; documented: 400 KB an item.
    def nested(levels):
        return f"INSERT INTO \"{music}\" VALUE {{'artist': 'deep', 'year': 1, 'd': {'[' * levels}1{']' * levels}}}"

    run(dynamodb, nested(31))
    assert problem(dynamodb.execute_statement, Statement=nested(32)) == (
        "ValidationException: Nesting Levels have exceeded supported limits under root" + "[0]" * 32)
    insert = f"INSERT INTO \"{music}\" VALUE {{'artist': 'big', 'year': 1, 'x': ?}}"
    rest = len("artist") + len("big") + len("year") + 2 + len("x")
    run(dynamodb, insert, {"S": "x" * (400 * 1024 - rest)})
    assert problem(
        dynamodb.execute_statement, Statement=insert, Parameters=[{"S": "x" * (400 * 1024 - rest + 1)}]) == (
        "ValidationException: Item size has exceeded the maximum allowed size")


def test_batches_answer_statement_by_statement(dynamodb, endpoint, music):
    # Recorded: short codes, TableName where the statement has run, no key no read.
    select = f'SELECT title FROM "{music}" WHERE artist = \'Acme\''
    reply = dynamodb.batch_execute_statement(
        Statements=[
            {"Statement": select + ' AND "year" = ?', "Parameters": [{"N": "1"}], "ConsistentRead": True},
            {"Statement": select},
            {"Statement": "SELECT * FROM \"no-such-table\" WHERE a = 1"},
            {"Statement": select + ' AND "year" = 9'},
        ], ReturnConsumedCapacity="TOTAL")
    assert reply["Responses"] == [
        {"TableName": music, "Item": {"title": {"S": "Acme 1"}}},
        {"Error": {"Code": "ValidationError", "Message":
                   "Select statements within BatchExecuteStatement must specify the primary key in the where clause."}},
        {"Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
        {"TableName": music},
    ]
    assert reply["ConsumedCapacity"] == [{"TableName": music, "CapacityUnits": 1.5}]

    key = "WHERE artist = 'Bell' AND \"year\" = 1"
    written = send(endpoint, "BatchExecuteStatement", {"Statements": [
        {"Statement": f"INSERT INTO \"{music}\" VALUE {{'artist': 'Bell', 'year': 1}}"},
        {"Statement": f'UPDATE "{music}" SET title = 1 {key} AND title = 2'},
        {"Statement": f'UPDATE "{music}" SET title = 1 {key} RETURNING ALL OLD *'},
        {"Statement": f'UPDATE "{music}" SET title = 2 {key} AND title = 5',
         "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
        {"Statement": f'UPDATE "{music}" SET "year" = 2 {key}'},
    ]})["Responses"]
    assert [one.get("Error", {}).get("Code") for one in written] == [
        "DuplicateItem", "ConditionalCheckFailed", None, "ConditionalCheckFailed", "ValidationError"]
    assert [one.get("TableName") for one in written] == [music] * 5
    assert written[2]["Item"]["title"] == {"S": "Bell 1"}
    assert written[3]["Error"]["Item"]["title"] == {"N": "1"}  # Documented.
    # Documented that they are not mixed; the text is deduced.
    assert problem(dynamodb.batch_execute_statement, Statements=[
        {"Statement": select}, {"Statement": f'DELETE FROM "{music}" {key}'}]) == (
        "ValidationException: BatchExecuteStatement API does not support both read and write operations in the same "
        "request.")


def test_transactions_are_whole(dynamodb, music):
    # Recorded, but the code of a duplicate, which is deduced.
    def transact(*statements, **more):
        return dynamodb.execute_transaction(TransactStatements=[{"Statement": s} for s in statements], **more)

    first = "artist = 'Acme' AND \"year\" = 1"
    second = "artist = 'Acme' AND \"year\" = 2"
    read = transact(f'SELECT * FROM "{music}" WHERE {second}', f'SELECT title FROM "{music}" WHERE {first}',
                    f'SELECT * FROM "{music}" WHERE artist = \'none\' AND "year" = 1')
    assert read["Responses"][1] == {"Item": {"title": {"S": "Acme 1"}}}
    assert read["Responses"][2] == {}

    written = transact(
        f'EXISTS(SELECT * FROM "{music}" WHERE {first} AND n IS MISSING)',
        f'UPDATE "{music}" SET n = 1 WHERE {second}', ReturnConsumedCapacity="TOTAL")
    assert written["Responses"] == []
    assert written["ConsumedCapacity"][0]["WriteCapacityUnits"] >= 4

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        transact(f'EXISTS(SELECT * FROM "{music}" WHERE {second} AND n IS MISSING)',
                 f'DELETE FROM "{music}" WHERE {first}',
                 f"INSERT INTO \"{music}\" VALUE {{'artist': 'Bell', 'year': 1}}")
    assert [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]] == [
        "ConditionalCheckFailed", "None", "DuplicateItem"]
    assert len(run(dynamodb, f'SELECT * FROM "{music}" WHERE {first}')["Items"]) == 1

    refusals = {
        (f'SELECT * FROM "{music}" WHERE {first}', f'DELETE FROM "{music}" WHERE {second}'):
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        (f'DELETE FROM "{music}" WHERE {first}', f'UPDATE "{music}" SET n = 1 WHERE {first}'):
            "Transaction request cannot include multiple operations on one item",
        (f'UPDATE "{music}" SET n = 1 WHERE {first} RETURNING ALL NEW *',):
            "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.",
        (f'EXISTS(SELECT * FROM "{music}" WHERE {first})', f'UPDATE "{music}" SET n = 1 WHERE {second}'):
            "Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional "
            "condition",
        (f'SELECT * FROM "{music}" WHERE artist = \'Acme\'',):
            "Validation failed in TransactStatements[0]: Select statements within ExecuteTransaction must specify the "
            "primary key in the where clause.",
        (f'SELECT * FROM "{music}"."by-genre" WHERE genre = \'g1\'',):
            "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.",
    }
    for statements, text in refusals.items():
        assert problem(
            dynamodb.execute_transaction, TransactStatements=[{"Statement": s} for s in statements]
        ) == f"ValidationException: {text}"


def test_a_transaction_with_a_token_happens_once(dynamodb, music, name):
    # Documented: ClientRequestToken; recorded: the units of a repetition.
    key = "artist = 'Acme' AND \"year\" = 1"
    request = {
        "TransactStatements": [{"Statement": f'UPDATE "{music}" SET rank = rank + ? WHERE {key}',
                                "Parameters": [{"N": "10"}]}],
        "ClientRequestToken": name, "ReturnConsumedCapacity": "TOTAL"}
    assert "WriteCapacityUnits" in dynamodb.execute_transaction(**request)["ConsumedCapacity"][0]
    again = dynamodb.execute_transaction(**request)["ConsumedCapacity"][0]
    assert again["ReadCapacityUnits"] == 2 and "WriteCapacityUnits" not in again
    assert run(dynamodb, f'SELECT rank FROM "{music}" WHERE {key}')["Items"] == [{"rank": {"N": "9"}}]
    request["TransactStatements"][0]["Parameters"] = [{"N": "11"}]
    assert problem(dynamodb.execute_transaction, **request).startswith("IdempotentParameterMismatchException: ")


def test_statements_write_the_stream(client, dynamodb, table):
    # Documented: a change by PartiQL is a change like any other.
    run(dynamodb, f"INSERT INTO \"{table.name}\" VALUE {{'id': 'p', 'n': 1}}")
    run(dynamodb, f"UPDATE \"{table.name}\" SET n = 2 WHERE id = 'p'")
    dynamodb.execute_transaction(TransactStatements=[
        {"Statement": f"DELETE FROM \"{table.name}\" WHERE id = 'p'"}])
    streams = client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=table.stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=table.stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert records[1]["dynamodb"]["NewImage"]["n"] == {"N": "2"}
