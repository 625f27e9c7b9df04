"""An SMTP server of a few lines, which offers what a test wants and keeps every line it was sent."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@dataclass
class Lines:
    """What was said to the server, and how it answers."""

    port: int = 0
    said: list[str] = field(default_factory=list)  #: commands, as sent
    contents: list[bytes] = field(default_factory=list)

    def verbs(self, *names: str) -> list[str]:
        return [line for line in self.said if line.split()[0] in names]


def usual(line: str) -> str:
    """Answer as a server that takes everything."""
    return {"DATA": "354 go on", "QUIT": "221 bye"}.get(line, "250 2.0.0 Ok")


@asynccontextmanager
async def line_server(
    *offered: str, answer: Callable[[str], str] = usual, final: str = "250 2.0.0 Ok: queued as 4Qx7"
) -> AsyncIterator[Lines]:
    """Serve on a free loopback port; `answer` gives the reply to each command but EHLO."""
    lines = Lines()
    serving: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        writer.write(b"220 mx.provider.example ESMTP\r\n")
        while raw := await reader.readline():
            line = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
            lines.said.append(line)
            if line.startswith("EHLO"):
                names = ("mx.provider.example", *offered)
                reply = "\r\n".join([f"250-{name}" for name in names[:-1]] + [f"250 {names[-1]}"])
            else:
                reply = answer(line)
            writer.write(reply.encode("utf-8", "surrogateescape") + b"\r\n")
            if line == "DATA" and reply.startswith("354"):
                lines.contents.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(final.encode() + b"\r\n")
            if line == "QUIT":
                break
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    lines.port = server.sockets[0].getsockname()[1]
    try:
        yield lines
    finally:
        server.close()
        await asyncio.gather(*filter(None, serving))
        await server.wait_closed()
