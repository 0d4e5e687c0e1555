"""What roles may do: policies are evaluated when signatures are checked (`--auth strict`), and only logged in `soft`.

The rules and the wording of refusals are documented ("Policy evaluation logic", "Troubleshoot access denied errors" in
the IAM user guide) unless a test says otherwise.
"""

import pytest

from roles import FLAGS, ITEM, allow, make_pipe, make_role, make_table, root, session, target_errors
from support import refused, serving, until


@pytest.fixture(scope="module")
def strict():
    with serving(*FLAGS) as server:
        yield server


def test_a_session_may_do_what_its_role_allows(strict):
    arn = make_role(strict, "reader", {"AWS": "000000000000"})
    make_table(strict, "mine")
    make_table(strict, "other")
    me = session(strict, arn)("dynamodb")
    # GetCallerIdentity needs no permission.
    assert ":assumed-role/reader/me" in session(strict, arn)("sts").get_caller_identity()["Arn"]
    user, table = "arn:aws:sts::000000000000:assumed-role/reader/me", "arn:aws:dynamodb:us-east-1:000000000000:table/"
    code, status, error = refused(me.get_item, TableName="mine", Key=ITEM)
    assert (code, status) == ("AccessDeniedException", 400)
    assert error["Message"] == (
        f"User: {user} is not authorized to perform: dynamodb:GetItem on resource: {table}mine "
        "because no identity-based policy allows the dynamodb:GetItem action")

    allow(strict, "reader", "read", {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem",
                                                                    "dynamodb:PartiQLSelect"],
                                     "Resource": table + "mine"})
    me.get_item(TableName="mine", Key=ITEM)
    me.get_item(TableName=table + "mine", Key=ITEM)
    for text in ("SELECT * FROM mine", 'SELECT * FROM "mine";', """SELECT * FROM "mine"WHERE id='1'"""):
        me.execute_statement(Statement=text)
    me.batch_get_item(RequestItems={"mine": {"Keys": [ITEM]}})
    for call, arguments in [
        (me.get_item, {"TableName": "other", "Key": ITEM}),
        (me.put_item, {"TableName": "mine", "Item": ITEM}),
        (me.execute_statement, {"Statement": 'SELECT * FROM "other"'}),
        (me.execute_statement, {"Statement": "DELETE FROM mine WHERE id='1'"}),
        # However it is written, a statement is what the service takes it for.
        (me.execute_statement, {"Statement": "DELETE--\nFROM mine WHERE id='1'"}),
        (me.execute_statement, {"Statement": "UPDATE\"mine\" SET a=1 WHERE id='1'"}),
        (me.execute_statement, {"Statement": "FROM mine WHERE id='1' SET a=1"}),
        (me.execute_statement, {"Statement": 'SELECT "a FROM mine b" FROM other'}),
        (me.batch_get_item, {"RequestItems": {"mine": {"Keys": [ITEM]}, "other": {"Keys": [ITEM]}}}),
        # A transaction needs what its parts need.
        (me.transact_get_items, {"TransactItems": [{"Get": {"TableName": "other", "Key": ITEM}}]}),
    ]:
        assert refused(call, **arguments)[0] == "AccessDeniedException", arguments
    me.transact_get_items(TransactItems=[{"Get": {"TableName": "mine", "Key": ITEM}}])

    allow(strict, "reader", "never", {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"})
    message = refused(me.get_item, TableName="mine", Key=ITEM)[2]["Message"]
    assert message.endswith("with an explicit deny in an identity-based policy")
    root(strict, "iam").delete_role_policy(RoleName="reader", PolicyName="never")
    me.get_item(TableName="mine", Key=ITEM)


def test_each_protocol_says_it_in_its_own_form(strict):
    me = session(strict, make_role(strict, "nobody", {"AWS": "000000000000"}))
    root(strict, "s3").create_bucket(Bucket="closed")
    assert refused(me("s3").list_objects_v2, Bucket="closed")[:2] == ("AccessDenied", 403)
    assert refused(me("s3").put_object, Bucket="closed", Key="k", Body=b"x")[:2] == ("AccessDenied", 403)
    assert refused(me("iam").list_roles)[:2] == ("AccessDenied", 403)
    assert refused(me("kinesis").list_streams)[:2] == ("AccessDeniedException", 400)
    assert refused(me("lambda").list_functions)[:2] == ("AccessDeniedException", 403)
    root(strict, "iam").attach_role_policy(
        RoleName="nobody", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    me("s3").list_objects_v2(Bucket="closed")
    assert refused(me("s3").put_object, Bucket="closed", Key="k", Body=b"x")[:2] == ("AccessDenied", 403)


def test_a_role_is_passed_only_with_permission(strict):
    # Documented ("Grant a user permissions to pass a role to an AWS service"), with iam:PassedToService.
    arn = make_role(strict, "builder", {"AWS": "000000000000"})
    worker = make_role(strict, "worker", {"Service": ["glue.amazonaws.com", "pipes.amazonaws.com"]})
    allow(strict, "builder", "build", {"Effect": "Allow", "Action": "glue:*", "Resource": "*"})
    crawler = {"Name": "passed", "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://none/"}]}}
    me = session(strict, arn)("glue")
    message = ("User: arn:aws:sts::000000000000:assumed-role/builder/me is not authorized to perform: iam:PassRole on "
               f"resource: {worker} because no identity-based policy allows the iam:PassRole action")
    for role in (worker, "worker"):
        code, _, error = refused(me.create_crawler, Role=role, **crawler)
        assert (code, error["Message"]) == ("AccessDeniedException", message)
    for service in ("pipes", "glue"):
        allow(strict, "builder", "pass", {
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": worker,
            "Condition": {"StringEquals": {"iam:PassedToService": service + ".amazonaws.com"}}})
        if service == "pipes":
            assert refused(me.create_crawler, Role=worker, **crawler)[2]["Message"] == message
    me.create_crawler(Role=worker, **crawler)


def test_a_pipe_waits_while_its_role_may_not(strict):
    # Documented: each call of a pipe is made as its role. A call that is denied is tried again, and nothing is lost
    # or doubled (deduced: without a maximum of attempts records wait until they expire).
    target, put, received = make_pipe(strict, "revoked")
    writes = {"Effect": "Allow", "Action": "kinesis:PutRecords", "Resource": target}
    put("a")
    until(lambda: target_errors(strict) > 0, "the pipe is denied")
    assert received() == []
    allow(strict, "revoked", "target", writes)
    until(lambda: received() == ["a"], "the first record")
    root(strict, "iam").delete_role_policy(RoleName="revoked", PolicyName="target")
    before = target_errors(strict)
    put("b")
    until(lambda: target_errors(strict) > before, "the pipe is denied again")
    assert received() == ["a"]
    allow(strict, "revoked", "target", writes)
    until(lambda: received() == ["a", "b"], "both, once each")


def test_soft_tells_but_does_not_deny():
    # Deduced: penstock's soft mode lets through what strict refuses, and logs it.
    with serving("--auth", "soft", *FLAGS[2:]) as server:
        _, put, received = make_pipe(server, "soft")
        put("a")
        until(lambda: received() == ["a"], "the record")
        log = server.log()
    assert "would be denied" in log
    assert ":assumed-role/soft/soft is not authorized to perform: kinesis:PutRecords on resource: " in log
    assert "dynamodb:GetRecords" not in log
