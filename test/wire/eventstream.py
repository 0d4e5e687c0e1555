"""Reading application/vnd.amazon.eventstream with other code than the server's, over HTTP/1.1 and HTTP/2 sockets."""

import http.client
import socket
import struct
import urllib.parse
import zlib

import h2.config
import h2.connection
import h2.events


def frames(data):
    """The whole messages in `data` as (headers, payload), and the bytes after them. Checks lengths and checksums."""
    found = []
    while len(data) >= 16:
        total, size, prelude = struct.unpack(">III", data[:12])
        assert zlib.crc32(data[:8]) == prelude
        if len(data) < total:
            break
        assert zlib.crc32(data[:total - 4]) == struct.unpack(">I", data[total - 4:total])[0]
        headers, at = {}, 12
        while at < 12 + size:
            name = data[at + 1:at + 1 + data[at]].decode()
            at += 1 + data[at]
            kind, length = struct.unpack(">BH", data[at:at + 3])
            assert kind == 7, "Kinesis has no other headers than strings"
            headers[name] = data[at + 3:at + 3 + length].decode()
            at += 3 + length
        found.append((headers, data[at:total - 4]))
        data = data[total:]
    return found, data


class Http1:
    """A reply that is read message by message."""

    def __init__(self, endpoint, headers, body, timeout=60):
        address = urllib.parse.urlsplit(endpoint)
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
        self.connection.request("POST", "/", body=body, headers=headers)
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, {k.lower(): v for k, v in self.response.getheaders()}
        self.rest = b""
        self.waiting = []

    def next(self):
        """The next message, None at the proper end."""
        while not self.waiting:
            piece = self.response.read1(65536)
            if not piece:
                assert not self.rest, "the stream ends inside a message"
                return None
            self.waiting, self.rest = frames(self.rest + piece)
        return self.waiting.pop(0)

    def close(self):
        # The response holds the socket as well.
        self.response.close()
        self.connection.close()


class Http2:
    """The same over HTTP/2 with prior knowledge; the window opens only as far as is read."""

    def __init__(self, endpoint, headers, body, timeout=60):
        address = urllib.parse.urlsplit(endpoint)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=timeout)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(self.stream, [
            (":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", address.netloc),
            *((k.lower(), v) for k, v in headers.items())])
        self.h2.send_data(self.stream, body, end_stream=True)
        self.headers, self.rest, self.waiting, self.ended, self.reset = {}, b"", [], False, None
        self.unframed = b""
        while not self.headers:
            self.exchange()
        self.status = int(self.headers[":status"])

    def without_goaway(self, got):
        """The whole frames that have arrived. The library takes nothing after a GOAWAY, which only ends new streams."""
        self.unframed, passed = self.unframed + got, b""
        while len(self.unframed) >= 9 and len(self.unframed) >= (size := 9 + int.from_bytes(self.unframed[:3], "big")):
            if self.unframed[3] != 7:
                passed += self.unframed[:size]
            self.unframed = self.unframed[size:]
        return passed

    def exchange(self):
        self.socket.sendall(self.h2.data_to_send())
        got = self.socket.recv(65536)
        if not got:
            self.ended = True
        for event in self.h2.receive_data(self.without_goaway(got)):
            if isinstance(event, h2.events.ResponseReceived):
                self.headers = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                found, self.rest = frames(self.rest + event.data)
                self.waiting += found
            elif isinstance(event, h2.events.StreamEnded):
                self.ended = True
            elif isinstance(event, h2.events.StreamReset):
                self.ended, self.reset = True, event.error_code
        self.socket.sendall(self.h2.data_to_send())

    def next(self):
        while not self.waiting:
            if self.ended:
                assert self.reset is None and not self.rest, "the stream breaks off"
                return None
            self.exchange()
        return self.waiting.pop(0)

    def close(self):
        self.socket.close()
