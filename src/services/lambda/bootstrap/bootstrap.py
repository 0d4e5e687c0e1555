# The Python runtime: loads the handler, then serves one invocation after the other over the Runtime API.
#
# The connection to the Runtime API is descriptor 3, already open and kept alive. The answer to one
# invocation and the request for the next travel in one write, so an invocation costs one round trip.
# Log records that span lines are written as frames (see log_lines.h); plain output needs nothing special.
import sys

if sys.path and sys.path[0] != "":
    sys.path.pop(0)  # The runtime's own folder must not shadow the function's modules.

import json
import os
import socket
import time
import traceback

_FRAME_TEXT = b"\xa5\x5a\x00\x03"
_API = "/2018-06-01/runtime"


def _write_frame(text):
    """One log event, whatever newlines it holds."""
    body = text.encode("utf-8", "replace")
    try:
        sys.stdout.flush()
    except (ValueError, OSError):
        pass  # The function closed or replaced its stdout; the frame still goes out.
    view = memoryview(_FRAME_TEXT + len(body).to_bytes(4, "big") + body)
    while view:
        view = view[os.write(1, view):]


class _RuntimeApi:
    """Just enough HTTP/1.1 for a peer that is known."""

    def __init__(self, sock):
        self._sock = sock
        self._buffer = b""

    def _read_message(self):
        buffer = self._buffer
        while True:
            end = buffer.find(b"\r\n\r\n")
            if end >= 0:
                break
            piece = self._sock.recv(262144)
            if not piece:
                os._exit(0)  # The server went away, or has no more use for this process.
            buffer += piece
        head = buffer[:end].split(b"\r\n")
        headers = {}
        for line in head[1:]:
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip().decode("utf-8")
        length = int(headers.get(b"content-length", "0"))
        start = end + 4
        have = len(buffer) - start
        if have >= length:
            body = buffer[start:start + length]
            self._buffer = buffer[start + length:]
        else:
            pieces = [buffer[start:]]
            while have < length:
                piece = self._sock.recv(min(1 << 20, length - have))
                if not piece:
                    os._exit(0)
                pieces.append(piece)
                have += len(piece)
            body = b"".join(pieces)
            self._buffer = b""
        return int(head[0].split(b" ", 2)[1]), headers, body

    _NEXT = (f"GET {_API}/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n").encode()

    def first(self):
        self._sock.sendall(self._NEXT)
        return self._read_message()

    def answer_and_next(self, path, body):
        head = f"POST {_API}{path} HTTP/1.1\r\nHost: runtime\r\nContent-Length: {len(body)}\r\n\r\n"
        if len(body) < 65536:
            self._sock.sendall(head.encode() + body + self._NEXT)
        else:
            self._sock.sendall(head.encode())
            self._sock.sendall(body)
            self._sock.sendall(self._NEXT)
        self._read_message()  # What became of the answer; the server has logged it.
        return self._read_message()

    def answer(self, path, body):
        head = f"POST {_API}{path} HTTP/1.1\r\nHost: runtime\r\nContent-Length: {len(body)}\r\n\r\n"
        self._sock.sendall(head.encode() + body)
        self._read_message()


class _Identity:
    def __init__(self, data):
        self.cognito_identity_id = data.get("cognitoIdentityId")
        self.cognito_identity_pool_id = data.get("cognitoIdentityPoolId")


class _Client:
    def __init__(self, data):
        self.installation_id = data.get("installation_id")
        self.app_title = data.get("app_title")
        self.app_version_name = data.get("app_version_name")
        self.app_version_code = data.get("app_version_code")
        self.app_package_name = data.get("app_package_name")


class _ClientContext:
    def __init__(self, data):
        self.custom = data.get("custom")
        self.env = data.get("env")
        self.client = _Client(data.get("client") or {})


class LambdaContext:
    def __init__(self, headers):
        self.aws_request_id = headers[b"lambda-runtime-aws-request-id"]
        self._deadline_ms = int(headers[b"lambda-runtime-deadline-ms"])
        self.invoked_function_arn = headers[b"lambda-runtime-invoked-function-arn"]
        environment = os.environ
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        client_context = headers.get(b"lambda-runtime-client-context")
        self.client_context = _ClientContext(json.loads(client_context)) if client_context else None
        identity = headers.get(b"lambda-runtime-cognito-identity")
        self.identity = _Identity(json.loads(identity) if identity else {})

    def get_remaining_time_in_millis(self):
        return max(int(self._deadline_ms - time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        return (f"LambdaContext([aws_request_id={self.aws_request_id},"
                f"log_group_name={self.log_group_name},log_stream_name={self.log_stream_name},"
                f"function_name={self.function_name},memory_limit_in_mb={self.memory_limit_in_mb},"
                f"function_version={self.function_version},"
                f"invoked_function_arn={self.invoked_function_arn},"
                f"client_context={self.client_context},identity={self.identity}])")


class _Fault(Exception):
    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = trace or []


def _trace_of(error):
    """The frames of the function, without ours."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    while frames and frames[0].filename.startswith("<frozen importlib"):
        frames.pop(0)
    return traceback.format_list(frames)


def _report_of(error_type, message, request_id, trace):
    text = [f"[ERROR] {error_type}: {message}" if message else f"[ERROR] {error_type}"]
    if trace:
        text.append("Traceback (most recent call last):")
        text.append("".join(trace).rstrip("\n"))
    _write_frame("\n".join(text))
    return json.dumps({"errorMessage": message, "errorType": error_type, "requestId": request_id,
                       "stackTrace": trace}, ensure_ascii=False).encode("utf-8", "replace")


def _load_handler(name):
    import importlib

    module_path, dot, function = name.rpartition(".")
    if not dot:
        raise _Fault("Runtime.MalformedHandlerName",
                     f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    module_name = module_path.replace("/", ".")
    try:
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise _Fault("Runtime.BuiltInModuleConflict",
                         f"Cannot use built-in module {module_name} as a handler module")
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise _Fault("Runtime.ImportModuleError",
                     f"Unable to import module '{module_path}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise _Fault("Runtime.UserCodeSyntaxError",
                     f"Syntax error in module '{module_path}': {error}", trace) from None
    try:
        return getattr(module, function)
    except AttributeError:
        raise _Fault("Runtime.HandlerNotFound",
                     f"Handler '{function}' missing on module '{module_path}'") from None


def _encode_default(value):
    from decimal import Decimal

    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")


def _set_up_logging(state):
    import logging

    class Handler(logging.Handler):
        def emit(self, record):
            _write_frame(self.format(record))

    class Formatter(logging.Formatter):
        converter = time.gmtime

        def format(self, record):
            record.aws_request_id = state["request_id"]
            return super().format(record)

    class Filter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = state["request_id"]
            return True

    handler = Handler()
    handler.setFormatter(Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                                   "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(Filter())
    logging.getLogger().addHandler(handler)


def _out_of_memory():
    """Lambda ends a process that outgrows its memory; Python would let it live on."""
    os.kill(os.getpid(), 9)
    os._exit(137)


def _serve(handler, request):
    """Returns (path, body) of the answer to one invocation."""
    _, headers, body = request
    request_id = headers[b"lambda-runtime-aws-request-id"]
    trace_id = headers.get(b"lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    try:
        try:
            event = json.loads(body)
        except ValueError as error:
            raise _Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
        result = handler(event, LambdaContext(headers))
        if isinstance(result, bytes):
            answer = result
        else:
            try:
                answer = json.dumps(result, default=_encode_default, ensure_ascii=False).encode("utf-8")
            except (TypeError, ValueError, RecursionError) as error:
                raise _Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
        path = f"/invocation/{request_id}/response"
    except MemoryError:
        _out_of_memory()
    except _Fault as fault:
        path = f"/invocation/{request_id}/error"
        answer = _report_of(fault.error_type, fault.message, request_id, fault.trace)
    except Exception as error:
        path = f"/invocation/{request_id}/error"
        answer = _report_of(type(error).__name__, str(error), request_id, _trace_of(error))
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (ValueError, OSError):
        pass  # Closed by the function.
    return path, answer


def main():
    try:
        sys.stdout.reconfigure(line_buffering=True, errors="replace")
        sys.stderr.reconfigure(line_buffering=True, errors="replace")
    except (AttributeError, ValueError):
        pass
    api = _RuntimeApi(socket.socket(fileno=3))
    state = {"request_id": None}
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    sys.path.insert(0, task_root)
    try:
        _set_up_logging(state)
        handler = _load_handler(os.environ["_HANDLER"])
    except MemoryError:
        _out_of_memory()
    except _Fault as fault:
        api.answer("/init/error", _report_of(fault.error_type, fault.message, "", fault.trace))
        os._exit(1)
    except Exception as error:
        api.answer("/init/error", _report_of(type(error).__name__, str(error), "", _trace_of(error)))
        os._exit(1)
    request = api.first()
    while True:
        state["request_id"] = request[1].get(b"lambda-runtime-aws-request-id")
        path, answer = _serve(handler, request)
        request = api.answer_and_next(path, answer)


if __name__ == "__main__":
    main()
