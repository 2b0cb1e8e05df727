"""``wecc bench sockets``: CPU per message and memory per idle socket, beside a yardstick.

The same closed loop of pairs runs over our visitor and agent sockets and over a Socket.IO server
(Node), in turns, because a shared machine is faster and slower from second to second. What counts
is the server's CPU time per message (the median of the turns), not the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import resource
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from gateway.bench.load import closed_loop, connect, drain, until
from gateway.bench.process import command_of, cpu_s, rss_bytes, running, tree, wait_for

PAIRS = 200
TURNS = 7
ROUNDS_RELAY = 60
ROUNDS_DURABLE = 20
IDLE_SOCKETS = 5_000
OPEN_AT_ONCE = 100
ORIGIN = "https://bench.example.com"
ROOT = Path(__file__).resolve().parents[2]
Turn = Callable[[], Awaitable[float]]
"""One turn of the relay load; returns CPU microseconds per message."""
LIMITS = {
    "WECC_LIMITS__SOCKETS_PER_ADDRESS": "20000",
    "WECC_LIMITS__CONVERSATIONS_PER_HOUR": "1000000",
    "WECC_LIMITS__FRAMES_PER_S": "100000",
    "WECC_LIMITS__FRAMES_BURST": "100000",
    "WECC_LOG_LEVEL": "error",
}


def run() -> dict[str, Any]:
    """Return the figures; ``socketio`` figures are null where there is no Node."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bare = asyncio.run(_bare())
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as folder:
        figures = asyncio.run(_both(Path(folder) / "data"))
    return {**figures, "kb_per_idle_socket_bare": bare}


async def _both(data_dir: Path) -> dict[str, Any]:
    async with _socketio() as theirs:
        return await _ours(data_dir, theirs)


# ---- ours --------------------------------------------------------------------------------


async def _ours(data_dir: Path, theirs: Turn | None) -> dict[str, Any]:
    argv = [sys.executable, "-m", "gateway.cli", "run", "--data", str(data_dir)]
    argv += ["--port", "0", "--no-calls"]
    with running(argv, environment=LIMITS) as process:
        desk = wait_for(process, "agent desk", 60)[-1].split()[-1]
        token = wait_for(process, "set-up", 20)[-1].partition("token=")[2]
        port = int(desk.rsplit(":", 1)[1].strip("/"))
        web = next(pid for pid in tree(process.pid) if "gateway.cli web" in command_of(pid))
        house = _Tenant(port, token)
        figures = await _messages(house, web, theirs)
        idle = await _idle(house, web)
    return {**figures, "kb_per_idle_socket": idle}


class _Tenant:
    """A fresh tenant with a site, made over REST."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self._headers = port, {"Content-Type": "application/json"}
        self.desk = f"http://desk.localhost:{port}"
        body = {
            "token": token,
            "tenant_name": "Bench",
            "name": "Bench",
            "email": "bench@example.com",
            "password": uuid.uuid4().hex,
        }
        me = self._post("/api/v1/set-up", body)
        self._headers["X-WECC-CSRF"] = me["csrf"]
        self.key = self._post(
            "/api/v1/sites", {"name": "Bench", "origins": [ORIGIN], "languages": ["en"]}
        )["key"]

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        host = {"Host": f"desk.localhost:{self.port}", "Origin": self.desk}
        connection.request("POST", path, json.dumps(body), {**self._headers, **host})
        answer = connection.getresponse()
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        if cookies:
            self._headers["Cookie"] = "; ".join(cookies)
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{path} answered {answer.status}")
        made: dict[str, Any] = json.loads(text)
        return made

    async def visitor(self) -> Any:
        """Connect a new visitor."""
        url = f"ws://widget.localhost:{self.port}/v1/socket?site={self.key}"
        socket = await connect(url, self.port, {}, ORIGIN)
        await socket.send(json.dumps({"type": "hello", "v": 1, "site": self.key}))
        await until(socket, "welcome")
        return socket

    async def agent(self, conversation_id: str) -> Any:
        """Connect a desk that watches one conversation."""
        url = f"ws://desk.localhost:{self.port}/api/v1/socket"
        socket = await connect(url, self.port, {"Cookie": self._headers["Cookie"]}, self.desk)
        await socket.send(json.dumps({"type": "hello", "v": 1}))
        await until(socket, "welcome")
        watch = {"type": "conversation.watch", "conversation_id": conversation_id, "on": True}
        await socket.send(json.dumps({**watch, "ref": "watch"}))
        await until(socket, "ack")
        return socket


async def _messages(house: _Tenant, web: int, theirs: Turn | None) -> dict[str, Any]:
    """Return CPU microseconds per durable message and per relayed frame, visitor to agent."""
    conversations = [str(uuid.uuid4()) for _ in range(PAIRS)]
    pairs = []
    for conversation_id in conversations:
        visitor = await house.visitor()
        start = {
            "type": "conversation.start",
            "ref": "start",
            "conversation_id": conversation_id,
            "message_id": str(uuid.uuid4()),
            "text": "Hello",
        }
        await visitor.send(json.dumps(start))
        await until(visitor, "ack")
        pairs.append((visitor, await house.agent(conversation_id)))
    await asyncio.sleep(2)
    drains = [asyncio.create_task(drain(visitor)) for visitor, _ in pairs]

    def typing(pair: int, _turn: int) -> str:
        conversation_id = conversations[pair]
        return f'{{"type":"typing.set","conversation_id":"{conversation_id}","on":true}}'

    def post(pair: int, turn: int) -> str:
        message = {
            "type": "message.post",
            "id": str(uuid.uuid4()),
            "conversation_id": conversations[pair],
            "text": f"Message {turn} of a load that looks like a line somebody types.",
        }
        return json.dumps(message)

    async def ours() -> float:
        return await _cost(web, pairs, typing, "typing.changed", ROUNDS_RELAY)

    relayed = await _in_turns(ours, theirs)
    durable = await _cost(web, pairs, post, '"text":"Message', ROUNDS_DURABLE)
    for task in drains:
        task.cancel()
    for visitor, agent in pairs:
        await visitor.close()
        await agent.close()
    return {"cpu_us_per_message": durable, **relayed}


async def _in_turns(ours: Turn, theirs: Turn | None) -> dict[str, float | None]:
    """Return the medians of both relays, and how ours stands to theirs."""
    our_us: list[float] = []
    their_us: list[float] = []
    for _ in range(TURNS):
        our_us.append(await ours())
        if theirs is not None:
            their_us.append(await theirs())
    relay = median(our_us)
    yardstick = median(their_us) if their_us else None
    return {
        "relay_cpu_us_per_message": relay,
        "socketio_cpu_us_per_message": yardstick,
        "ratio_to_socketio": round(relay / yardstick, 3) if yardstick else None,
    }


async def _cost(pid: int, pairs: Any, message: Any, mark: str, rounds: int) -> float:
    await closed_loop(pairs, message, lambda raw: mark in str(raw), 2 if rounds > 2 else 1)
    before_s = cpu_s(pid)
    count = await closed_loop(pairs, message, lambda raw: mark in str(raw), rounds)
    return round((cpu_s(pid) - before_s) / count * 1e6, 1)


async def _idle(house: _Tenant, web: int) -> float:
    """Return the kilobytes one idle visitor costs."""
    await asyncio.sleep(2)
    before = rss_bytes(web)
    sockets: list[Any] = []
    for _ in range(IDLE_SOCKETS // OPEN_AT_ONCE):
        sockets += await asyncio.gather(*(house.visitor() for _ in range(OPEN_AT_ONCE)))
    await asyncio.sleep(2)
    used = (rss_bytes(web) - before) / len(sockets) / 1000
    await asyncio.gather(*(socket.close() for socket in sockets))
    return round(used, 1)


# ---- the others --------------------------------------------------------------------------


async def _bare() -> float:
    """Return the kilobytes one idle socket costs the server alone."""
    with running([sys.executable, "-m", "gateway.bench.bare"]) as process:
        port = int(wait_for(process, "port", 20)[-1].split()[1])
        url = f"ws://127.0.0.1:{port}/"
        await (await connect(url, port, {}, None)).close()
        before = rss_bytes(process.pid)
        sockets: list[Any] = []
        for _ in range(IDLE_SOCKETS // OPEN_AT_ONCE):
            opened = (
                connect(f"ws://127.0.0.1:{port}/", port, {}, None) for _ in range(OPEN_AT_ONCE)
            )
            sockets += await asyncio.gather(*opened)
        await asyncio.sleep(1)
        used = (rss_bytes(process.pid) - before) / len(sockets) / 1000
        await asyncio.gather(*(socket.close() for socket in sockets))
    return round(used, 1)


@contextlib.asynccontextmanager
async def _socketio() -> AsyncIterator[Turn | None]:
    """A Socket.IO relay with its pairs connected; None where there is no Node."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "socket.io").exists():
        print("sockets: no Node or no socket.io here; run `make build`", file=sys.stderr)
        yield None
        return
    argv = [node, str(ROOT / "gateway" / "bench" / "socketio_server.mjs")]
    with running(argv, cwd=ROOT) as process:
        port = json.loads(wait_for(process, "port", 20)[-1])["port"]
        pairs = [(await _joined(port, pair), await _joined(port, pair)) for pair in range(PAIRS)]

        def typing(pair: int, _turn: int) -> str:
            conversation_id = str(uuid.UUID(int=pair))
            return f'42["typing.set",{{"conversation_id":"{conversation_id}","on":true}}]'

        async def turn() -> float:
            return await _cost(process.pid, pairs, typing, "typing.changed", ROUNDS_RELAY)

        yield turn
        for left, right in pairs:
            await left.close()
            await right.close()


async def _joined(port: int, pair: int) -> Any:
    """Open one Socket.IO socket (Engine.IO 4 over WebSocket) and enter the default namespace."""
    url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket&pair={pair}"
    socket = await connect(url, port, {}, None)
    await socket.recv()
    await socket.send("40")
    while not str(await socket.recv()).startswith("40"):
        pass
    return socket
