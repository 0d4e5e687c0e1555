"""S3 as real clients see it: boto3, and plain HTTP for what boto3 hides.

Expectations are documented AWS behaviour or, where the error text is asserted, recorded by public suites.
"""

import base64
import hashlib
import io
import os
import urllib.request
import uuid

import pytest

from support import raw, refused

MIB = 1 << 20


@pytest.fixture(scope="module")
def s3(client):
    return client("s3")


@pytest.fixture
def bucket(s3):
    name = "b-" + uuid.uuid4().hex[:20]
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3 * MIB + 5])
def test_bytes_come_back(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="dir/kéy +&?=%.bin", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="dir/kéy +&?=%.bin")
    assert got["Body"].read() == body
    assert got["ContentLength"] == size
    assert got["ETag"] == put["ETag"]
    assert got["ContentType"] == "binary/octet-stream"
    assert got["ServerSideEncryption"] == "AES256"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_head_shows_what_get_shows(s3, bucket):
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"hello", ContentType="text/plain", Metadata={"colour": "blue"},
        CacheControl="no-cache", Tagging="a=1&b=2", StorageClass="STANDARD_IA",
    )
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["ContentLength"] == 5
    assert head["ContentType"] == "text/plain"
    assert head["Metadata"] == {"colour": "blue"}
    assert head["CacheControl"] == "no-cache"
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["AcceptRanges"] == "bytes"
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"},
    ]
    code, status, _ = refused(s3.head_object, Bucket=bucket, Key="absent")
    assert (code, status) == ("404", 404)


def test_errors_name_what_is_missing(s3, bucket):
    code, status, error = refused(s3.get_object, Bucket=bucket, Key="absent")
    assert (code, status) == ("NoSuchKey", 404)
    assert error["Message"] == "The specified key does not exist."
    assert error["Key"] == "absent"
    code, status, error = refused(s3.list_objects_v2, Bucket="absent-" + bucket)
    assert (code, status) == ("NoSuchBucket", 404)
    assert error["BucketName"] == "absent-" + bucket


def test_ranges(s3, bucket):
    body = os.urandom(500_000)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-299999")
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == "bytes 10-299999/500000"
    assert got["Body"].read() == body[10:300_000]
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=-7")["Body"].read() == body[-7:]
    code, status, _ = refused(s3.get_object, Bucket=bucket, Key="k", Range="bytes=500000-")
    assert (code, status) == ("InvalidRange", 416)


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    code, status, _ = refused(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)
    assert (code, status) == ("304", 304)
    code, status, error = refused(s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"')
    assert (code, status) == ("PreconditionFailed", 412)
    assert error["Condition"] == "If-Match"


def test_conditional_put(endpoint, bucket):
    first = raw(endpoint, "PUT", f"/{bucket}/once", b"a", {"If-None-Match": "*"})
    second = raw(endpoint, "PUT", f"/{bucket}/once", b"b", {"If-None-Match": "*"})
    assert first[0] == 200
    assert second[0] == 412
    assert b"<Code>PreconditionFailed</Code>" in second[2]


def test_listing_pages(s3, bucket):
    keys = [f"a/{i}" for i in range(5)] + ["b c", "d/1", "é"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    seen, prefixes = [], []
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
    ):
        seen += [entry["Key"] for entry in page.get("Contents", [])]
        prefixes += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
    assert seen == ["b c", "é"]
    assert prefixes == ["a/", "d/"]
    listed = []
    for page in s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3}):
        listed += [entry["Key"] for entry in page["Contents"]]
    assert listed == sorted(keys, key=lambda key: key.encode())
    versions = s3.list_object_versions(Bucket=bucket)
    assert {version["VersionId"] for version in versions["Versions"]} == {"null"}
    code, _, error = refused(s3.list_objects_v2, Bucket=bucket, ContinuationToken="nonsense")
    assert code == "InvalidArgument"
    assert error["Message"] == "The continuation token provided is incorrect"


def test_delete_many(s3, bucket):
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in ("a", "b", "c")]})
    assert sorted(entry["Key"] for entry in reply["Deleted"]) == ["a", "b", "c"]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_delete_many_needs_a_digest(endpoint, bucket):
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    status, _, data = raw(endpoint, "POST", f"/{bucket}?delete", body)
    assert status == 400
    assert b"Missing required header for this request: Content-MD5" in data
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    status, _, data = raw(endpoint, "POST", f"/{bucket}?delete", body, {"Content-MD5": wrong})
    assert status == 400 and b"<Code>BadDigest</Code>" in data


def test_multipart(s3, bucket):
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB + 1), b"tail"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big", ContentType="text/plain")["UploadId"]
    listed = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(
                Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body
            )["ETag"],
        }
        for number, body in enumerate(parts, 1)
    ]
    shown = s3.list_parts(Bucket=bucket, Key="big", UploadId=upload)
    assert [part["Size"] for part in shown["Parts"]] == [len(body) for body in parts]
    code, _, _ = refused(
        s3.complete_multipart_upload, Bucket=bucket, Key="big", UploadId=upload,
        MultipartUpload={"Parts": listed[::-1]},
    )
    assert code == "InvalidPartOrder"
    done = s3.complete_multipart_upload(
        Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": listed}
    )
    md5s = b"".join(hashlib.md5(body).digest() for body in parts)
    assert done["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"'
    got = s3.get_object(Bucket=bucket, Key="big")
    assert got["Body"].read() == b"".join(parts)
    part = s3.get_object(Bucket=bucket, Key="big", PartNumber=3)
    assert part["Body"].read() == b"tail"
    assert part["PartsCount"] == 3


def test_transfer_manager(s3, bucket):
    body = os.urandom(20 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "managed")
    out = io.BytesIO()
    s3.download_fileobj(bucket, "managed", out)
    assert out.getvalue() == body


def test_small_part_in_the_middle(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    listed = []
    for number in (1, 2):
        etag = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"x")["ETag"]
        listed.append({"PartNumber": number, "ETag": etag})
    code, status, error = refused(
        s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload,
        MultipartUpload={"Parts": listed},
    )
    assert (code, status) == ("EntityTooSmall", 400)
    assert error["MinSizeAllowed"] == "5242880"
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_copy(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from me", Body=b"abc", Metadata={"a": "1"})
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from me"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"abc").hexdigest()}"'
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"a": "1"}
    code, _, _ = refused(s3.copy_object, Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "to"})
    assert code == "InvalidRequest"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"123456789", ChecksumAlgorithm=algorithm)
    value = put[f"Checksum{algorithm}"]
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got[f"Checksum{algorithm}"] == value
    assert got["Body"].read() == b"123456789"
    attributes = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"]
    )
    assert attributes["ObjectSize"] == 9
    assert attributes["Checksum"][f"Checksum{algorithm}"] == value


def test_wrong_checksum(endpoint, bucket):
    status, _, data = raw(endpoint, "PUT", f"/{bucket}/k", b"abc", {"x-amz-checksum-crc32": "AAAAAA=="})
    assert status == 400
    assert b"The CRC32 you specified did not match the calculated checksum." in data


def chunked(body, trailer):
    return b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(body), body, trailer)


def test_aws_chunked_with_trailer(endpoint, bucket):
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": "9",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    good = chunked(b"123456789", b"x-amz-checksum-crc32:y/Q5Jg==")
    status, reply, data = raw(endpoint, "PUT", f"/{bucket}/k", good, headers)
    assert status == 200, data
    assert reply["x-amz-checksum-crc32"] == "y/Q5Jg=="
    assert raw(endpoint, "GET", f"/{bucket}/k")[2] == b"123456789"
    bad = chunked(b"123456789", b"x-amz-checksum-crc32:AAAAAA==")
    status, _, data = raw(endpoint, "PUT", f"/{bucket}/k", bad, headers)
    assert status == 400 and b"<Code>BadDigest</Code>" in data
    other = chunked(b"123456789", b"x-amz-checksum-sha1:AAAAAA==")
    status, _, data = raw(endpoint, "PUT", f"/{bucket}/k", other, headers)
    assert status == 400 and b"<Code>MalformedTrailerError</Code>" in data


def test_presigned(s3, bucket):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    request = urllib.request.Request(put, data=b"by url", method="PUT")
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert reply.status == 200
    get = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k", "ResponseContentType": "text/x-test"}
    )
    with urllib.request.urlopen(get, timeout=30) as reply:
        assert reply.read() == b"by url"
        assert reply.headers["content-type"] == "text/x-test"


def test_virtual_host(endpoint, bucket):
    host = f"{bucket}.localhost"
    assert raw(endpoint, "PUT", "/in/host", b"v", {"Host": host})[0] == 200
    assert raw(endpoint, "GET", f"/{bucket}/in/host")[2] == b"v"


def test_bucket_configuration_reads(s3, bucket):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert acl["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert acl["Grants"][0]["Grantee"]["Type"] == "CanonicalUser"
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block["BlockPublicAcls"] is True
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced"
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.get_bucket_logging(Bucket=bucket)
    s3.get_bucket_accelerate_configuration(Bucket=bucket)
    s3.get_bucket_notification_configuration(Bucket=bucket)
    for call, code in (
        (s3.get_bucket_policy, "NoSuchBucketPolicy"),
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
        (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
        (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
        (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
        (s3.get_bucket_tagging, "NoSuchTagSet"),
    ):
        assert refused(call, Bucket=bucket)[:2] == (code, 404)


def test_what_is_absent_is_named(s3, bucket):
    code, status, error = refused(
        s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    assert (code, status) == ("NotImplemented", 501)
    assert "PutBucketVersioning" in error["Message"]


def test_buckets(s3, bucket):
    names = [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
    assert bucket in names
    assert s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "1"}]
    s3.delete_bucket_tagging(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert refused(s3.delete_bucket, Bucket=bucket)[:2] == ("BucketNotEmpty", 409)
    code, status, _ = refused(s3.head_bucket, Bucket="absent-" + bucket)
    assert (code, status) == ("404", 404)


def test_an_empty_object_does_not_confuse_the_connection(client, bucket):
    # botocore sends "Expect: 100-continue" with every PutObject and mistakes what follows on the connection when the
    # answer comes without 100 Continue (deduced from its awsrequest.py).
    s3 = client("s3", read_timeout=20)
    for body in (b"a", b"", b"b", b"", b"", b"c"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
