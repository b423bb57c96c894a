"""A real mail server on loopback that keeps what it takes."""

import asyncio
import queue
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services import free_port


class Server(Controller):
    """A mail server whose end cuts the connections it has, as a crash does."""

    def __init__(self, inbox: "Inbox") -> None:
        super().__init__(inbox, hostname="127.0.0.1", port=inbox.port)
        self.sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        """Remember a connection."""
        self.sessions.append(super().factory())  # type: ignore[no-untyped-call]  # aiosmtpd's own
        return self.sessions[-1]

    def cancel_tasks(self, stop_loop: bool = True) -> None:
        """Cut every connection, and end."""
        for session in self.sessions:
            if isinstance(session.transport, asyncio.Transport):
                session.transport.abort()
        super().cancel_tasks(stop_loop)


class Inbox(MessageHandler):
    """What arrived, in order. Its server may be stopped and started again at the same address.

    It takes `seconds_each` over a mail, as servers do: none unless a test says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds_each = 0.0
        self.arrived: queue.Queue[EmailMessage] = queue.Queue()
        self.port = free_port()
        self.server: Server | None = None

    def start(self) -> None:
        """Take mails."""
        self.server = Server(self)
        self.server.start()

    def stop(self) -> None:
        """Be gone for everybody, also for who is connected."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        await asyncio.sleep(self.seconds_each)
        return await super().handle_DATA(server, session, envelope)

    def handle_message(self, message: Message) -> None:
        """Keep a message."""
        self.arrived.put(message_from_bytes(message.as_bytes(), policy=policy.default))

    def next(self) -> EmailMessage:
        """Return the next message, as soon as it is there. Raises: queue.Empty after a while."""
        return self.arrived.get(timeout=30)

    @property
    def url(self) -> str:
        """The EMAIL_URL of this server."""
        return f"smtp://127.0.0.1:{self.port}"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A running mail server."""
    inbox = Inbox()
    inbox.start()
    yield inbox
    inbox.stop()
