"""Glue with boto3: the catalog and a crawler over objects. Known from the Glue API reference and developer guide
(documented) or from public suites (recorded), as said."""

import json

import pytest

from support import refused, until


@pytest.fixture(scope="module")
def glue(client):
    return client("glue")


@pytest.fixture
def database(glue, name):
    glue.create_database(DatabaseInput={"Name": name})
    return name


TABLE = {
    "Name": "orders",
    "StorageDescriptor": {
        "Columns": [{"Name": "orderid", "Type": "string"}, {"Name": "price", "Type": "double"}],
        "Location": "s3://somewhere/orders/",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    },
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "TableType": "EXTERNAL_TABLE",
}


def test_tables_and_partitions(glue, database):
    # Documented.
    glue.create_table(DatabaseName=database, TableInput=TABLE)
    got = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    assert [(c["Name"], c["Type"]) for c in got["StorageDescriptor"]["Columns"]] == [
        ("orderid", "string"), ("price", "double")]
    assert (got["DatabaseName"], got["TableType"]) == (database, "EXTERNAL_TABLE")
    reply = glue.batch_create_partition(DatabaseName=database, TableName="orders", PartitionInputList=[
        {"Values": [f"2026-01-{day:02}"], "StorageDescriptor": TABLE["StorageDescriptor"]} for day in range(1, 21)])
    assert reply["Errors"] == []
    found = []
    for page in glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName="orders", Expression="day > '2026-01-15'",
            PaginationConfig={"PageSize": 2}):
        found += [partition["Values"][0] for partition in page["Partitions"]]
    assert sorted(found) == [f"2026-01-{day}" for day in range(16, 21)]
    again = glue.batch_create_partition(DatabaseName=database, TableName="orders", PartitionInputList=[
        {"Values": ["2026-01-01"], "StorageDescriptor": TABLE["StorageDescriptor"]}])
    assert again["Errors"][0]["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"


def test_errors(glue, database):
    # Recorded texts.
    code, status, error = refused(glue.get_database, Name="absent")
    assert (code, status, error["Message"]) == ("EntityNotFoundException", 400, "Database absent not found.")
    code, _, error = refused(glue.get_table, DatabaseName=database, Name="absent")
    assert code == "EntityNotFoundException"
    code, _, _ = refused(glue.create_database, DatabaseInput={"Name": database})
    assert code == "AlreadyExistsException"
    code, _, _ = refused(glue.start_crawler, Name="absent")
    assert code == "EntityNotFoundException"


def test_a_crawler_finds_a_table(glue, client, role, name, database):
    # Documented: schema of JSON lines, partitions from folder names, the table is named by the folder.
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    for day in ("01", "02"):
        lines = [json.dumps({"orderid": str(i), "price": i + 0.5, "quantity": i, "tags": ["a"]}) for i in range(3)]
        s3.put_object(Bucket=name, Key=f"sales/day=2026-01-{day}/part.json", Body="\n".join(lines) + "\n")
    glue.create_classifier(JsonClassifier={"Name": f"{name}-json", "JsonPath": "$.orderid,$.price,$.quantity"})
    glue.create_crawler(
        Name=name, Role=role("glue"), DatabaseName=database, Targets={"S3Targets": [{"Path": f"s3://{name}/sales/"}]})
    glue.start_crawler(Name=name)
    ready = until(
        lambda: (c := glue.get_crawler(Name=name)["Crawler"])["State"] == "READY" and c.get("LastCrawl") and c,
        "the crawl is over")
    assert ready["LastCrawl"]["Status"] == "SUCCEEDED"
    table = glue.get_table(DatabaseName=database, Name="sales")["Table"]
    assert {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]} == {
        "orderid": "string", "price": "double", "quantity": "int", "tags": "array<string>"}
    assert [key["Name"] for key in table["PartitionKeys"]] == ["day"]
    assert table["Parameters"]["classification"] == "json"
    values = [p["Values"] for p in glue.get_partitions(DatabaseName=database, TableName="sales")["Partitions"]]
    assert sorted(values) == [["2026-01-01"], ["2026-01-02"]]
    logged = until(
        lambda: client("logs").filter_log_events(logGroupName="/aws-glue/crawlers")["events"], "the crawl's log")
    assert any("BENCHMARK" in event["message"] for event in logged)
    glue.delete_crawler(Name=name)
    assert refused(glue.get_crawler, Name=name)[0] == "EntityNotFoundException"
