"""What the processes print: one line an event, as text or as JSON, with the secrets of a token masked."""

from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from provisioning.redaction import mask_tokens


def without_tokens(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask whatever looks like one of our tokens, in every text of the event."""
    return {key: mask_tokens(value) if isinstance(value, str) else value for key, value in event.items()}


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
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django logs every 4xx as a warning; the provisioning log says it better.
            "django.request": {"level": "ERROR"},
            "django": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
