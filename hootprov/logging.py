"""What the processes print: one line an event, as text or as JSON, with the secrets of a token masked."""

import logging
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from provisioning.redaction import mask_tokens


def without_tokens(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask whatever looks like one of our tokens, in every text of the event."""
    return {key: mask_tokens(value) if isinstance(value, str) else value for key, value in event.items()}


class OneAMinute(logging.Filter):
    """Of what beat says while the broker is away, lets one line a minute through, without its traceback.

    It says it for each run of each task that falls due, twice a second and more.
    """

    SECONDS = 60
    quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is printed."""
        if not str(record.msg).startswith("Message Error"):
            return True
        if record.created < self.quiet_until:
            return False
        self.quiet_until = record.created + self.SECONDS
        error = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        record.msg, record.args = "The broker takes no task: %s (said once a minute)", (error,)
        record.exc_info = None
        return True


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    without_tokens,
]


def configuration(*, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING, and set structlog up to pass its events to it."""
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_tokens, renderer],
        "foreign_pre_chain": SHARED,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"one a minute": {"()": OneAMinute}},
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django logs every 4xx as a warning; the provisioning log says it better.
            "django.request": {"level": "ERROR"},
            "django": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING", "filters": ["one a minute"]},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
