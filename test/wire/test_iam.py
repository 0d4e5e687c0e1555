"""IAM and STS with boto3. Known from their API references (documented) or from public suites (recorded)."""

import json

import pytest

from support import refused


@pytest.fixture(scope="module")
def iam(client):
    return client("iam")


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def test_a_role_comes_back(iam, name):
    # Documented: ARN with path, id prefix AROA; the document is URL-encoded on the wire and boto3 decodes it.
    made = iam.create_role(
        RoleName=name, Path="/service/", AssumeRolePolicyDocument=json.dumps(TRUST), Description="a role",
        MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "sales"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::000000000000:role/service/{name}"
    assert made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == TRUST
    got = iam.get_role(RoleName=name)["Role"]
    assert (got["Description"], got["MaxSessionDuration"]) == ("a role", 7200)
    assert got["Tags"] == [{"Key": "team", "Value": "sales"}]
    assert name in [role["RoleName"] for role in iam.list_roles(PathPrefix="/service/")["Roles"]]


def test_policies_of_a_role(iam, name):
    # Documented: inline and managed policies; a role with policies is not deleted.
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kinesis:PutRecords", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="put", PolicyDocument=json.dumps(document))
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["put"]
    assert iam.get_role_policy(RoleName=name, PolicyName="put")["PolicyDocument"] == document
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert attached == [{"PolicyName": name, "PolicyArn": arn}]
    code, status, _ = refused(iam.delete_role, RoleName=name)
    assert (code, status) == ("DeleteConflict", 409)
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.delete_role_policy(RoleName=name, PolicyName="put")
    iam.delete_role(RoleName=name)
    assert refused(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_errors(iam, name):
    # Recorded texts.
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    code, status, error = refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    assert (code, status) == ("EntityAlreadyExists", 409)
    assert error["Message"] == f"Role with name {name} already exists."
    code, status, error = refused(iam.get_role, RoleName="absent")
    assert (code, status) == ("NoSuchEntity", 404)
    assert error["Message"] == "The role with name absent cannot be found."
    code, status, _ = refused(iam.create_role, RoleName=name + "x", AssumeRolePolicyDocument="{not json")
    assert (code, status) == ("MalformedPolicyDocument", 400)
    code, status, _ = refused(iam.create_role, RoleName="with blank", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert (code, status) == ("ValidationError", 400)


def test_sts(client, iam, name):
    # Documented: a trust policy decides who may take a role.
    sts = client("sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    trust = {**TRUST, "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    reply = sts.assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{name}", RoleSessionName="me", DurationSeconds=900)
    assert reply["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::000000000000:assumed-role/{name}/me"
    assert reply["AssumedRoleUser"]["AssumedRoleId"].endswith(":me")
    iam.create_role(RoleName=name + "-pipes", AssumeRolePolicyDocument=json.dumps(TRUST))
    code, status, error = refused(
        sts.assume_role, RoleArn=f"arn:aws:iam::000000000000:role/{name}-pipes", RoleSessionName="me")
    assert (code, status) == ("AccessDenied", 403)
    assert "is not authorized to perform: sts:AssumeRole on resource" in error["Message"]


def test_an_external_id_is_asked_for(client, iam, name):
    # Documented: a trust policy may ask for an external id; role chaining lasts an hour at most.
    sts = client("sts")
    trust = {**TRUST, "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "partner-7"}}}]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=7200)
    arn = f"arn:aws:iam::000000000000:role/{name}"
    for more in ({}, {"ExternalId": "partner-8"}):
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me", **more)[:2] == ("AccessDenied", 403)
    reply = sts.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="partner-7", DurationSeconds=7200)
    assert reply["Credentials"]["AccessKeyId"].startswith("ASIA")
