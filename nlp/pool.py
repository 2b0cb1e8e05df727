"""The analyser the gateway uses: a worker process behind a time budget.

A worker that answers late is not waited for; one that hangs or dies is replaced with back-off.
Until it answers, the result is the hint of the browser, marked ``degraded``: routing goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
import sys

import msgspec

from nlp.contract import Analysis, AnalysisRequest
from nlp.worker import Answer, Question

log = logging.getLogger("wecc.nlp")

HANG_LIMIT_S = 5.0
MAX_UNANSWERED = 200
BACKOFF_S = (0.1, 0.5, 2.0, 10.0)


def degraded(request: AnalysisRequest, reason: str) -> Analysis:
    """What is said when the pipeline did not answer: what was known before, and why."""
    language = request.previous_language or request.hint.split("-")[0].lower()
    return Analysis(language=language, confidence=0.0, reason=reason, degraded=True)


class WorkerPool:
    """One worker process, started on first use and kept alive until ``close``."""

    def __init__(self, argv: tuple[str, ...] = (sys.executable, "-m", "nlp.worker")) -> None:
        self._argv = argv
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Analysis]] = {}
        self._unanswered: dict[int, float] = {}
        self._number = 0
        self._failures = 0
        self._runner: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> None:
        """Start the worker in the background."""
        if self._runner is None:
            self._runner = asyncio.create_task(self._run(), name="nlp-worker")

    async def analyse(self, request: AnalysisRequest, budget_ms: int) -> Analysis:
        await self.start()
        process = self._process
        if process is None or process.stdin is None:
            return degraded(request, "starting")
        if len(self._unanswered) >= MAX_UNANSWERED:
            return degraded(request, "busy")
        self._number += 1
        number = self._number
        answer: asyncio.Future[Analysis] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._unanswered[number] = asyncio.get_running_loop().time()
        body = msgspec.msgpack.encode(Question(number, request))
        try:
            process.stdin.write(struct.pack(">I", len(body)) + body)
            return await asyncio.wait_for(answer, budget_ms / 1000)
        except (TimeoutError, ConnectionError, RuntimeError):
            return degraded(request, "late")
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        self._closing = True
        if self._runner is not None:
            self._runner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._runner
        await self._end()

    @property
    def pid(self) -> int | None:
        """The worker's process id while it lives."""
        return self._process.pid if self._process else None

    async def _run(self) -> None:
        while not self._closing:
            try:
                await self._serve_once()
            except (OSError, asyncio.IncompleteReadError, msgspec.DecodeError) as error:
                log.warning("analysis worker stopped", extra={"reason": type(error).__name__})
            finally:
                await self._end()
            self._failures += 1
            await asyncio.sleep(BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1])

    async def _serve_once(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._process = process
        if process.stdout is None:
            raise OSError("no pipe to the worker")
        decode = msgspec.msgpack.Decoder(Answer).decode
        while True:
            head = await self._next(process.stdout, 4)
            (length,) = struct.unpack(">I", head)
            answer = decode(await process.stdout.readexactly(length))
            self._failures = 0
            self._unanswered.pop(answer.number, None)
            waiting = self._waiting.pop(answer.number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer.analysis)

    async def _next(self, stream: asyncio.StreamReader, size: int) -> bytes:
        """Read ``size`` bytes; a question that stays open for too long means a hang."""
        pending = asyncio.ensure_future(stream.readexactly(size))
        try:
            while True:
                done, _ = await asyncio.wait({pending}, timeout=HANG_LIMIT_S)
                if done:
                    return pending.result()
                if self._hangs():
                    raise OSError("the worker hangs")
        finally:
            pending.cancel()

    def _hangs(self) -> bool:
        oldest = next(iter(self._unanswered.values()), None)
        return oldest is not None and asyncio.get_running_loop().time() - oldest > HANG_LIMIT_S

    async def _end(self) -> None:
        self._unanswered.clear()
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        # the transport closes its pipes on the next loop iteration
        await asyncio.sleep(0)
