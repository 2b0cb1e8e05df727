"""What runs in the child in tests: functions that misbehave."""

from __future__ import annotations

import ctypes
import os
import re
import tempfile
import time
from pathlib import Path

from gateway.engagement.images import remake


def reverse(payload: bytes) -> bytes:
    return payload[::-1]


def process_id(_payload: bytes) -> bytes:
    return str(os.getpid()).encode()


def sleep(_payload: bytes) -> bytes:
    time.sleep(60)
    return b""


def spin(_payload: bytes) -> bytes:
    while True:
        pass


def exit_now(_payload: bytes) -> bytes:
    os._exit(0)


def segfault(_payload: bytes) -> bytes:
    return ctypes.string_at(0)


def eat_memory(_payload: bytes) -> bytes:
    return bytes(2_000_000_000)


def fail(_payload: bytes) -> bytes:
    raise ValueError("secret words")


def babble(_payload: bytes) -> bytes:
    return bytes(2_000_000)


def write_a_file(_payload: bytes) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 10)
        file.flush()
    return b""


def open_files(_payload: bytes) -> bytes:
    return " ".join(os.listdir("/proc/self/fd")).encode()  # noqa: PTH208


def environment(_payload: bytes) -> bytes:
    return " ".join(os.environ).encode()


def peak_bytes_of_a_bomb(payload: bytes) -> bytes:
    remake(payload)
    # not ru_maxrss: a child inherits that from the process that started it
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return str(int(found.group(1)) * 1024 if found else 0).encode()
