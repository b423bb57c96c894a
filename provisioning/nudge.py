"""Hurry the worker after a commit, without anybody waiting for the broker.

A thread of its own does the sending, so a broker that is down or never answers costs a request
nothing; what is lost here is found by the worker's next look into the outbox.
"""

import threading

import structlog
from celery import current_app

TASK = "provisioning.tasks.relay_notifications"
EXPIRES_SECONDS = 30
logger = structlog.get_logger(__name__)


class Nudger:
    """The thread, and the wish that it serves; many wishes at once are one. One instance: `nudge`."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Ask for a relay soon; returns at once."""
        self.wanted.set()
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.run, name="nudge", daemon=True)
                self.thread.start()

    def run(self) -> None:
        """Send one message for each time somebody wished for it."""
        while self.wanted.wait():
            self.wanted.clear()
            try:
                current_app.send_task(TASK, expires=EXPIRES_SECONDS, retry=False)
            except Exception as error:  # noqa: BLE001 - whatever the broker does, the outbox is the truth
                logger.warning("broker:no-nudge", error=type(error).__name__)


nudge = Nudger()
