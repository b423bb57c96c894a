"""Celery's two transports, mended where they would end a worker; `hootprov/celery.py` installs them.

When Redis goes away, Celery 5.7.0 means to reconnect, and two AttributeErrors of kombu 5.7.0 end the
worker instead: over connections that are closed by then it puts messages back, and acknowledges
those whose task was running. Neither is missed: the next periodic run does the same work.
In a folder, kombu shows a message before it is written, and a reader of half of one ends too.
"""

from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem, redis
from kombu.utils.json import dumps


class QoS(redis.QoS):
    """Acknowledges nothing on a channel that is closed."""

    def ack(self, delivery_tag: Any) -> None:
        """Take note that a message is done with."""
        if not self.channel.closed:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Take note that a message is not wanted."""
        if not self.channel.closed:
            super().reject(delivery_tag, requeue=requeue)


class RedisChannel(redis.Channel):
    """Puts no message back when it closes."""

    QoS = QoS
    do_restore = False


class RedisTransport(redis.Transport):
    """Redis, by the channel above."""

    Channel = RedisChannel


class FolderChannel(filesystem.Channel):
    """Puts a message into the folder whole or not at all."""

    def _put(self, queue: str, message: Any, **_options: Any) -> None:  # type: ignore[override]  # kombu passes more than its stubs say
        """Write a message under a name nobody looks for, and give it its own."""
        name = f"{monotonic_ns()}_{uuid4()}"
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{name}.part"
        try:
            unfinished.write_text(dumps(message), encoding="utf-8")
            unfinished.rename(folder / f"{name}.{queue}.msg")
        except OSError as error:
            refusal = f"A message can't be written into {folder}: {error.strerror}."
            raise ChannelError(refusal) from error


class FolderTransport(filesystem.Transport):
    """A folder, by the channel above."""

    Channel = FolderChannel
