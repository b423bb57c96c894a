"""A real mail server on loopback that keeps what it takes."""

import queue
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from tests.services import free_port


class Inbox(MessageHandler):
    """What arrived, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: queue.Queue[EmailMessage] = queue.Queue()
        self.port = free_port()

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
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port)
    controller.start()
    yield inbox
    controller.stop()
