"""The client of the benchmarks: plain HTTP/1.1 over a fixed number of persistent connections.

It writes requests that are ready to send, keeps whole answers, and judges nothing meanwhile, so that it
costs the servers, which share the machine with it, as little as it can. `python -m bench.client` prints what it can drive alone.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

LENGTH, CHUNKED = b"content-length:", b"transfer-encoding: chunked"
NEVER_ANSWERED = 0
MOST_BYTES = 1 << 22
TRIALS = 20_000
SAMPLE = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0}' + b" " * 700


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when nothing did."""

    status: int
    content: bytes
    seconds: float

    def document(self) -> Any:
        """Return the decoded body; None where it is empty or no JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


def request(method: str, path: str, body: Any = None, *, secret: str) -> bytes:
    """Return a whole request, ready to send."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {secret}",
        "Accept: application/scim+json",
        "Content-Type: application/scim+json; charset=utf-8",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """One persistent connection, opened anew where the server has closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, content: bytes) -> Answer:
        """Send a request and read its answer."""
        began = time.perf_counter()
        try:
            if self.reader is None or self.writer is None:
                self.reader, self.writer = await asyncio.open_connection(
                    "127.0.0.1", self.port, limit=MOST_BYTES
                )
            self.writer.write(content)
            status, body = await read(self.reader)
        except (OSError, EOFError, ValueError):
            await self.close()
            status, body = NEVER_ANSWERED, b""
        return Answer(status, body, time.perf_counter() - began)

    async def close(self) -> None:
        """Close the connection, if it is open."""
        if self.writer is not None:
            self.writer.close()
            with suppress(OSError):
                await self.writer.wait_closed()
        self.reader = self.writer = None


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body of the next answer. Raises: EOFError, OSError, ValueError."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, lower = int(head[9:12]), head.lower()
    if CHUNKED in lower:
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return status, b"".join(parts)
    _, found, rest = lower.partition(LENGTH)
    return status, await reader.readexactly(int(rest.partition(b"\r\n")[0])) if found else b""


class Client:
    """A number of connections that share the work."""

    def __init__(self, port: int, concurrency: int) -> None:
        self.connections = [Connection(port) for _ in range(concurrency)]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        for connection in self.connections:
            await connection.close()

    async def send(self, contents: Sequence[bytes]) -> tuple[list[Answer], float]:
        """Send requests, each by the next connection that is free; return the answers in their order, and the seconds."""
        answers = [Answer(NEVER_ANSWERED, b"", 0.0)] * len(contents)
        waiting = iter(enumerate(contents))
        began = time.perf_counter()
        await asyncio.gather(*(work(each, waiting, answers) for each in self.connections))
        return answers, time.perf_counter() - began


async def work(connection: Connection, waiting: Iterator[tuple[int, bytes]], answers: list[Answer]) -> None:
    """Send what waits, one after another."""
    for place, content in waiting:
        answers[place] = await connection.ask(content)


async def alone(concurrency: int) -> tuple[float, float]:
    """Return the requests a second the client can drive against a server that does nothing, and its CPU ms for one."""
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.client", "serve", stdout=pipe)
    try:
        port = int(await server.stdout.readline()) if server.stdout else 0
        async with Client(port, concurrency) as client:
            contents = [request("GET", "/", secret="none")] * TRIALS  # noqa: S106 - opens nothing
            await client.send(contents[:1000])
            began = time.process_time()
            _, seconds = await client.send(contents)
            return TRIALS / seconds, (time.process_time() - began) * 1000 / TRIALS
    finally:
        server.kill()
        await server.wait()


class Trivial(asyncio.Protocol):
    """Answers everything that comes with the same 0.8 kB."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server's always is
        self.transport = transport

    def data_received(self, _data: bytes) -> None:
        """Answer; the client sends one request at a time, which comes in one piece."""
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(SAMPLE), SAMPLE))


async def serve() -> None:
    """Serve trivial answers on a free port, which is printed, until killed."""
    server = await asyncio.get_running_loop().create_server(Trivial, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        rate, milliseconds = asyncio.run(alone(4))
        print(f"{rate:,.0f} requests/s by 4 connections, {milliseconds:.3f} ms of CPU each")
