"""The process that runs the pipeline: ``python -m nlp.worker`` on stdin and stdout.

Each frame is a 4-byte big-endian length and a MessagePack body: ``[number, AnalysisRequest]``
in, ``[number, Analysis]`` out. The process ends with its stdin, so it never outlives its parent.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import struct
import sys
from typing import BinaryIO

import msgspec

from nlp.contract import Analysis, AnalysisRequest

MEMORY_LIMIT_BYTES = 2 << 30
FRAME_LIMIT_BYTES = 1 << 20
PR_SET_PDEATHSIG = 1


class Question(msgspec.Struct, frozen=True, array_like=True):
    """One request on the pipe."""

    number: int
    request: AnalysisRequest


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """One answer on the pipe; ``known_strings`` lets the parent watch for leaks."""

    number: int
    analysis: Analysis
    known_strings: int


def _read(stream: BinaryIO) -> bytes | None:
    """Return the next frame, or None at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack(">I", head)
    return stream.read(length) if length <= FRAME_LIMIT_BYTES else None


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames from ``source`` on ``sink`` until it ends."""
    # imported late: loading takes seconds, and the process must be able to end before that
    from nlp.pipeline import Pipeline

    pipeline = Pipeline()
    decode = msgspec.msgpack.Decoder(Question).decode
    encode = msgspec.msgpack.Encoder().encode
    while (raw := _read(source)) is not None:
        question = decode(raw)
        answer = Answer(question.number, pipeline.analyse(question.request), pipeline.known_strings)
        body = encode(answer)
        sink.write(struct.pack(">I", len(body)) + body)
        sink.flush()


def main() -> None:
    """Run under a memory limit; Ctrl-C is for the parent, who then closes our stdin."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
