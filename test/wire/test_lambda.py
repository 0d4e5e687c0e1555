"""Lambda with boto3: functions that really run. Known from the Lambda developer guide and API reference (documented)
or from public suites run against the real service (recorded), as said."""

import base64
import io
import json
import zipfile

import pytest

from support import refused, until


@pytest.fixture(scope="module")
def functions(client):
    return client("lambda")


def archive(source, file="app.py"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(file, source)
    return out.getvalue()


@pytest.fixture
def make(functions, role, name):
    def create(source, **more):
        functions.create_function(**{
            "FunctionName": name, "Runtime": "python3.11", "Handler": "app.handler", "Role": role("lambda"),
            "Code": {"ZipFile": archive(source)}, "Timeout": 30, **more})
        until(
            lambda: functions.get_function_configuration(FunctionName=name)["State"] == "Active", "Active")
        return name

    return create


def test_a_function_runs(functions, client, make):
    # Documented: payload in and out, the context, the environment, the tail of the log.
    function = make(
        "import os\n"
        "def handler(event, context):\n"
        "    print('seen', event['n'])\n"
        "    return {'twice': event['n'] * 2, 'who': context.function_name, 'say': os.environ['SAY'],\n"
        "            'left': context.get_remaining_time_in_millis() > 0, 'arn': context.invoked_function_arn}\n",
        Environment={"Variables": {"SAY": "grüezi"}})
    reply = functions.invoke(FunctionName=function, Payload=json.dumps({"n": 21}), LogType="Tail")
    assert reply["StatusCode"] == 200
    assert "FunctionError" not in reply
    assert reply["ExecutedVersion"] == "$LATEST"
    assert json.loads(reply["Payload"].read()) == {
        "twice": 42, "who": function, "say": "grüezi", "left": True,
        "arn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}"}
    tail = base64.b64decode(reply["LogResult"]).decode()
    assert "START RequestId: " in tail and "seen 21" in tail and "REPORT RequestId: " in tail
    group = f"/aws/lambda/{function}"
    logs = client("logs")

    def logged():
        try:
            events = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return False
        return any("seen 21" in event["message"] for event in events)

    until(logged, "the line is in the log group")


def test_errors_of_the_handler(functions, make):
    # Recorded: HTTP 200, FunctionError, and the error as a document.
    function = make("def handler(event, context):\n    raise ValueError('no good')\n")
    reply = functions.invoke(FunctionName=function, Payload=b"{}")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    said = json.loads(reply["Payload"].read())
    assert (said["errorType"], said["errorMessage"]) == ("ValueError", "no good")
    assert 'File "/var/task/app.py", line 2, in handler' in said["stackTrace"][-1]


def test_timeouts_and_exits(functions, make):
    # Recorded texts.
    function = make(
        "import os, time\n"
        "def handler(event, context):\n"
        "    if event.get('exit'):\n"
        "        os._exit(3)\n"
        "    while event.get('hang'):\n"
        "        time.sleep(0.1)\n"
        "    return 'fine'\n", Timeout=1)
    reply = functions.invoke(FunctionName=function, Payload=b'{"hang": true}')
    assert reply["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in json.loads(reply["Payload"].read())["errorMessage"]
    reply = functions.invoke(FunctionName=function, Payload=b'{"exit": true}')
    assert json.loads(reply["Payload"].read())["errorType"] == "Runtime.ExitError"
    assert json.loads(functions.invoke(FunctionName=function, Payload=b"{}")["Payload"].read()) == "fine"


def test_new_code_takes_effect(functions, make):
    # Documented: versions keep their code, $LATEST is what was updated last.
    function = make("def handler(event, context):\n    return 1\n")
    first = functions.publish_version(FunctionName=function)["Version"]
    functions.update_function_code(
        FunctionName=function, ZipFile=archive("def handler(event, context):\n    return 2\n"))
    until(
        lambda: functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"] == "Successful",
        "the update is done")

    def result(**which):
        return json.loads(functions.invoke(FunctionName=function, Payload=b"{}", **which)["Payload"].read())

    assert result() == 2
    assert result(Qualifier=first) == 1


def test_node_functions(functions, make):
    # Documented: an asynchronous handler of a Node.js runtime.
    function = make(
        "", Runtime="nodejs18.x", Handler="index.handler",
        Code={"ZipFile": archive("exports.handler = async (event) => ({sum: event.a + event.b});\n", "index.js")})
    reply = functions.invoke(FunctionName=function, Payload=b'{"a": 1, "b": 2}')
    assert json.loads(reply["Payload"].read()) == {"sum": 3}


def test_errors(functions, role, name, make):
    # Recorded.
    code, status, error = refused(functions.get_function, FunctionName="absent")
    assert (code, status) == ("ResourceNotFoundException", 404)
    assert error["Message"] == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent"
    make("def handler(event, context):\n    return 1\n")
    code, status, _ = refused(
        functions.create_function, FunctionName=name, Runtime="python3.11", Handler="app.handler",
        Role=role("lambda"), Code={"ZipFile": archive("")})
    assert (code, status) == ("ResourceConflictException", 409)
    code, _, _ = refused(functions.invoke, FunctionName=name, Payload=b"{not json")
    assert code == "InvalidRequestContentException"
    code, _, _ = refused(
        functions.create_function, FunctionName=name + "x", Runtime="python3.11", Handler="app.handler",
        Role=role("lambda"), Code={"ZipFile": b"no zip"})
    assert code == "InvalidParameterValueException"
