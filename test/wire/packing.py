"""The packings of Firehose's objects, undone and done again by other code than the server's: gzip and zipfile of Python,
and Snappy from its format description (compressed here with literals only, which every reader must take)."""

import gzip
import io
import struct
import zipfile

SNAPPY_HEADER = b"\x82SNAPPY\0\0\0\0\1\0\0\0\1"


def unsnap(packed):
    """One raw Snappy block."""
    at, size, shift = 0, 0, 0
    while True:
        byte = packed[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    out = bytearray()
    while at < len(packed):
        tag = packed[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                width = length - 59
                length = int.from_bytes(packed[at:at + width], "little")
                at += width
            out += packed[at:at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, offset = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | packed[at]
            at += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(packed[at:at + width], "little")
            at += width
        for _ in range(length):
            out.append(out[-offset])
    assert len(out) == size
    return bytes(out)


def snap(plain):
    out, size = bytearray(), len(plain)
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    for at in range(0, len(plain), 60):
        piece = plain[at:at + 60]
        out.append((len(piece) - 1) << 2)
        out += piece
    return bytes(out)


def chunks_of(packed):
    at = 0
    while at < len(packed):
        size = struct.unpack(">I", packed[at:at + 4])[0]
        yield packed[at + 4:at + 4 + size]
        at += 4 + size


def unhadoop(packed):
    at, out = 0, b""
    while at < len(packed):
        size = struct.unpack(">I", packed[at:at + 4])[0]
        at += 4
        block = b""
        while len(block) < size:
            chunk = struct.unpack(">I", packed[at:at + 4])[0]
            block += unsnap(packed[at + 4:at + 4 + chunk])
            at += 4 + chunk
        out += block
    return out


def zipped(plain):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("lines", plain)
    return out.getvalue()


def unzipped(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as made:
        return b"".join(made.read(name) for name in made.namelist())


# Format → (unpack, pack).
PACKINGS = {
    "UNCOMPRESSED": (bytes, bytes),
    "GZIP": (gzip.decompress, gzip.compress),
    "ZIP": (unzipped, zipped),
    "Snappy": (
        lambda packed: b"".join(unsnap(chunk) for chunk in chunks_of(packed.removeprefix(SNAPPY_HEADER))),
        lambda plain: SNAPPY_HEADER + struct.pack(">I", len(snap(plain))) + snap(plain)),
    "HADOOP_SNAPPY": (
        unhadoop,
        lambda plain: struct.pack(">II", len(plain), len(snap(plain))) + snap(plain)),
}
