"""A second engine in a process of its own that hashes differently and gets the same commands.

What depends on the order of a set, on an address or on the process comes out differently there:
the journal and the state must be the same, byte for byte.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence

import msgspec

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.kernel.errors import WeccError

Told = tuple[c.Command, int]
_LENGTH = 8
_decode = msgspec.json.Decoder(list[tuple[str, msgspec.Raw, int]]).decode


def digest(journal: Iterable[bytes], engine: Engine) -> str:
    """Return what two runs that decided alike have in common."""
    found = hashlib.sha256(states.dump(engine.state))
    for body in journal:
        found.update(body)
    return found.hexdigest()


def decided(told: Sequence[Told]) -> str:
    """Decide everything from the beginning, in this process."""
    engine, journal = Engine(), list[bytes]()
    for command, now_ms in told:
        try:
            journal += [e.encode(entry) for entry in engine.handle(command, now_ms)]
        except WeccError:
            continue
    return digest(journal, engine)


class Elsewhere:
    """The other process, started when first asked; it ends with this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def decided(self, told: Sequence[Told]) -> str:
        """Decide everything from the beginning, over there."""
        process = self._process or self._begin()
        assert process.stdin is not None
        assert process.stdout is not None
        body = msgspec.json.encode([(type(one).__name__, one, now_ms) for one, now_ms in told])
        process.stdin.write(len(body).to_bytes(_LENGTH, "big") + body)
        process.stdin.flush()
        answer = process.stdout.readline().decode().strip()
        assert answer, "the other process ended"
        return answer

    def _begin(self) -> subprocess.Popen[bytes]:
        seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acd.elsewhere"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        atexit.register(self.close)
        return self._process

    def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()


def main() -> None:
    """Answer until nobody asks any more."""
    read, write = sys.stdin.buffer, sys.stdout.buffer
    while head := read.read(_LENGTH):
        asked = _decode(read.read(int.from_bytes(head, "big")))
        told = [(msgspec.json.decode(raw, type=getattr(c, name)), at) for name, raw, at in asked]
        write.write(decided(told).encode() + b"\n")
        write.flush()


if __name__ == "__main__":
    main()
