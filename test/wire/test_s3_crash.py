"""What S3 answered survives `kill -9`, and nothing else is left lying about.

Writers put objects until so many were answered; the server is killed in the middle; after the restart every
answered object is there whole, and as many files as there are objects that need one.
"""

import hashlib
import os
import random
import threading

from support import Server

WRITERS, KEYS, ROUNDS, ANSWERS_PER_ROUND = 4, 20, 3, 80
SIZES = (10, 5_000, 70_000, 300_000)
INLINE_BYTES_MAX = 65_536


def digest(body):
    return hashlib.md5(body).hexdigest()


def listed(client):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="crash")
    return [entry for page in pages for entry in page.get("Contents", [])]


def files_in(path):
    return sum(len(files) for _, _, files in os.walk(path))


def test_answered_objects_survive(tmp_path):
    # Per key: the digest of the newest answered body, and of those sent after it.
    answered, sent_after, lock = {}, {}, threading.Lock()
    for number in range(ROUNDS):
        server = Server(tmp_path)
        client = server.client("s3")
        if number == 0:
            client.create_bucket(Bucket="crash")
        entries = listed(client)
        for key, wanted in answered.items():
            found = digest(client.get_object(Bucket="crash", Key=key)["Body"].read())
            assert found == wanted or found in sent_after[key], key
            answered[key], sent_after[key] = found, set()
        assert {entry["Key"] for entry in entries} >= set(answered)
        large = [entry for entry in entries if entry["Size"] > INLINE_BYTES_MAX]
        assert files_in(tmp_path / "objects") == len(large)

        answers, enough = [0], threading.Event()

        def write(writer):
            own, chance = server.client("s3"), random.Random(number * WRITERS + writer)
            while True:
                key = f"{writer}/{chance.randrange(KEYS)}"
                body = chance.randbytes(chance.choice(SIZES))
                with lock:
                    sent_after.setdefault(key, set()).add(digest(body))
                try:
                    own.put_object(Bucket="crash", Key=key, Body=body)
                except Exception:  # The server was killed.
                    enough.set()
                    return
                with lock:
                    answered[key], sent_after[key] = digest(body), set()
                    answers[0] += 1
                    if answers[0] == ANSWERS_PER_ROUND:
                        enough.set()

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
        for thread in writers:
            thread.start()
        enough.wait()
        server.kill()
        for thread in writers:
            thread.join()
        assert answers[0] >= ANSWERS_PER_ROUND
