"""Athena with boto3: SQL over objects. Known from the Athena user guide and API reference (documented) or measured on
the real service by others (recorded), as said."""

import json
import types

import pytest

from support import refused, until


@pytest.fixture(scope="module")
def athena(client):
    return client("athena")


@pytest.fixture(scope="module")
def lake(client):
    """A database with a table of six orders."""
    s3, glue = client("s3"), client("glue")
    s3.create_bucket(Bucket="athena-lake")
    s3.create_bucket(Bucket="athena-results")
    orders = [("1", "Laptop", 1, 749.99), ("2", "Phone", 2, 499.5), ("3", "Charger", 5, 19.95)]
    for i in range(2):
        lines = [
            json.dumps({"orderid": f"{o[0]}{i}", "product_name": o[1], "quantity": o[2], "price": o[3]})
            for o in orders]
        s3.put_object(Bucket="athena-lake", Key=f"orders/day=2026-01-0{i + 1}/x.json", Body="\n".join(lines))
    glue.create_database(DatabaseInput={"Name": "lake"})
    storage = {
        "Columns": [{"Name": n, "Type": t} for n, t in (
            ("orderid", "string"), ("product_name", "string"), ("quantity", "int"), ("price", "double"))],
        "Location": "s3://athena-lake/orders/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }
    glue.create_table(DatabaseName="lake", TableInput={
        "Name": "orders", "StorageDescriptor": storage, "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "day", "Type": "string"}]})
    for day in ("2026-01-01", "2026-01-02"):
        glue.create_partition(DatabaseName="lake", TableName="orders", PartitionInput={
            "Values": [day], "StorageDescriptor": {**storage, "Location": f"s3://athena-lake/orders/day={day}/"}})
    return types.SimpleNamespace(database="lake", output="s3://athena-results/out/")


@pytest.fixture
def run(athena, lake):
    def run(sql, **more):
        started = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": lake.database},
            ResultConfiguration={"OutputLocation": lake.output}, **more)["QueryExecutionId"]
        return until(
            lambda: (e := athena.get_query_execution(QueryExecutionId=started)["QueryExecution"])["Status"]["State"]
            in ("SUCCEEDED", "FAILED", "CANCELLED") and e, sql)

    return run


def rows(athena, execution):
    found = []
    for page in athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=execution["QueryExecutionId"], PaginationConfig={"PageSize": 3}):
        found += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
    return found


def test_a_query(athena, client, lake, run):
    # Documented: the header is the first row; the result is also a CSV object with all values quoted (recorded).
    done = run("SELECT product_name, sum(quantity) AS pieces, round(sum(quantity * price), 2) AS turnover "
               "FROM orders GROUP BY product_name ORDER BY product_name")
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    assert rows(athena, done) == [
        ["product_name", "pieces", "turnover"],
        ["Charger", "10", "199.5"], ["Laptop", "2", "1499.98"], ["Phone", "4", "1998.0"]]
    assert done["StatementType"] == "DML"
    assert done["Statistics"]["DataScannedInBytes"] > 0
    place = done["ResultConfiguration"]["OutputLocation"]
    assert place == f"{lake.output}{done['QueryExecutionId']}.csv"
    bucket, _, key = place.removeprefix("s3://").partition("/")
    text = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert text.splitlines()[:2] == ['"product_name","pieces","turnover"', '"Charger","10","199.5"']
    meta = athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])["ResultSet"]["ResultSetMetadata"]
    assert [(c["Name"], c["Type"]) for c in meta["ColumnInfo"]] == [
        ("product_name", "varchar"), ("pieces", "bigint"), ("turnover", "double")]


def test_partitions_prune_what_is_read(athena, run):
    # Documented: a partition that the WHERE clause excludes is not scanned.
    everything = run("SELECT count(*) FROM orders")
    one = run("SELECT count(*) FROM orders WHERE day = '2026-01-01'")
    assert rows(athena, everything)[1] == ["6"]
    assert rows(athena, one)[1] == ["3"]
    assert one["Statistics"]["DataScannedInBytes"] * 2 == everything["Statistics"]["DataScannedInBytes"]


def test_trino_sql(athena, run):
    # Documented: functions of Trino; and that its rules of types hold.
    done = run("WITH o AS (SELECT *, row_number() OVER (PARTITION BY product_name ORDER BY day) AS n FROM orders) "
               "SELECT orderid, date_diff('day', date '2025-12-31', date(day)), array_join(ARRAY['a', 'b'], '-') "
               "FROM o WHERE n = 1 AND regexp_like(product_name, '^[LP]') ORDER BY 1")
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    assert rows(athena, done)[1:] == [["10", "1", "a-b"], ["20", "1", "a-b"]]
    failed = run("SELECT * FROM orders WHERE product_name > 5")
    assert failed["Status"]["State"] == "FAILED"
    assert failed["Status"]["StateChangeReason"].startswith("TYPE_MISMATCH: line 1:")


def test_failures(athena, lake, run):
    # Recorded: syntax errors make no execution; missing names fail with a position.
    code, status, error = refused(
        athena.start_query_execution, QueryString="SELEC 1",
        QueryExecutionContext={"Database": lake.database}, ResultConfiguration={"OutputLocation": lake.output})
    assert (code, status) == ("InvalidRequestException", 400)
    assert error["Message"].startswith("line 1:1: mismatched input 'SELEC'.")
    failed = run("SELECT * FROM absent")
    assert failed["Status"]["State"] == "FAILED"
    assert "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.absent' does not exist" in failed["Status"][
        "StateChangeReason"]
    assert failed["Status"]["AthenaError"]["ErrorCategory"] == 2
    failed = run("SELECT banana FROM orders")
    assert "COLUMN_NOT_FOUND: line 1:8: Column 'banana' cannot be resolved" in failed["Status"]["StateChangeReason"]
    code, _, error = refused(
        athena.get_query_results, QueryExecutionId=failed["QueryExecutionId"])
    assert code == "InvalidRequestException"
    code, _, error = refused(
        athena.get_query_execution, QueryExecutionId="00000000-0000-0000-0000-000000000000")
    assert (code, error["Message"]) == (
        "InvalidRequestException", "QueryExecution 00000000-0000-0000-0000-000000000000 was not found")


def test_ddl_and_views(athena, client, lake, run):
    # Documented: DDL makes tables and views in the catalog.
    made = run("CREATE EXTERNAL TABLE again (orderid string, price double) "
               "PARTITIONED BY (day string) "
               "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://athena-lake/orders/'")
    assert made["Status"]["State"] == "SUCCEEDED", made["Status"]
    assert made["StatementType"] == "DDL"
    assert run("MSCK REPAIR TABLE again")["Status"]["State"] == "SUCCEEDED"
    assert rows(athena, run("SELECT count(*) FROM again"))[1] == ["6"]
    table = client("glue").get_table(DatabaseName=lake.database, Name="again")["Table"]
    columns = table["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in columns] == ["orderid", "price"]
    view = run("CREATE OR REPLACE VIEW cheap AS SELECT orderid FROM orders WHERE price < 100")
    assert view["Status"]["State"] == "SUCCEEDED", view["Status"]
    assert rows(athena, run("SELECT count(*) FROM cheap"))[1] == ["2"]


def test_parameters_and_named_queries(athena, lake, run, name):
    # Documented: execution parameters are literals for the question marks.
    done = run("SELECT orderid FROM orders WHERE product_name = ? AND quantity < ? ORDER BY 1",
               ExecutionParameters=["'Phone'", "3"])
    assert rows(athena, done)[1:] == [["20"], ["21"]]
    athena.create_work_group(Name=name, Configuration={
        "ResultConfiguration": {"OutputLocation": lake.output}, "EnforceWorkGroupConfiguration": True})
    named = athena.create_named_query(
        Name=name, Database=lake.database, QueryString="SELECT 1", WorkGroup=name)["NamedQueryId"]
    assert athena.get_named_query(NamedQueryId=named)["NamedQuery"]["QueryString"] == "SELECT 1"
    assert athena.list_named_queries(WorkGroup=name)["NamedQueryIds"] == [named]
    done = run("SELECT 1", WorkGroup=name)
    assert done["WorkGroup"] == name
    assert athena.list_query_executions(WorkGroup=name)["QueryExecutionIds"] == [done["QueryExecutionId"]]


def test_a_workgroup_enforces_its_settings(athena, client, lake, name):
    # Documented: a workgroup that overrides client-side settings decides where results go, and cancels a query
    # that scans more than its cutoff.
    athena.create_work_group(Name=name, Configuration={
        "ResultConfiguration": {"OutputLocation": "s3://athena-results/group/"},
        "EnforceWorkGroupConfiguration": True, "BytesScannedCutoffPerQuery": 10_000_000})

    def run(sql, **more):
        started = athena.start_query_execution(
            QueryString=sql, WorkGroup=name, QueryExecutionContext={"Database": lake.database},
            ResultConfiguration={"OutputLocation": lake.output}, **more)["QueryExecutionId"]
        return until(
            lambda: (e := athena.get_query_execution(QueryExecutionId=started)["QueryExecution"])["Status"]["State"]
            in ("SUCCEEDED", "FAILED", "CANCELLED") and e, sql)

    done = run("SELECT count(*) FROM orders")
    assert done["ResultConfiguration"]["OutputLocation"].startswith("s3://athena-results/group/")
    lines = "\n".join(json.dumps({"orderid": "x" * 1000}) for _ in range(10_500))
    client("s3").put_object(Bucket="athena-lake", Key="orders/day=2026-01-01/large.json", Body=lines)
    cut = run("SELECT count(*) FROM orders")
    assert (cut["Status"]["State"], cut["Status"]["StateChangeReason"]) == (
        "CANCELLED", "Bytes scanned limit was exceeded")
    client("s3").delete_object(Bucket="athena-lake", Key="orders/day=2026-01-01/large.json")
    # Documented: the result of the same query in the same workgroup is used again, when that is asked for.
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    again = run("SELECT count(*) FROM orders", ResultReuseConfiguration=reuse)
    assert again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert again["ResultConfiguration"]["OutputLocation"] == done["ResultConfiguration"]["OutputLocation"]
    assert rows(athena, again) == rows(athena, done) == [["_col0"], ["6"]]
    code, _, error = refused(athena.update_work_group, WorkGroup=name, ConfigurationUpdates={
        "ResultConfigurationUpdates": {"EncryptionConfiguration": {
            "EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:us-east-1:000000000000:key/k"}}})
    assert (code, error["Message"]) == (
        "InvalidRequestException", "EncryptionOption SSE_KMS is not supported by this server")
