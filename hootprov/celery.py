"""The Celery application. Tasks live in `provisioning/tasks.py`; their times in settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from django.db import connections
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hootprov.settings.development")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they load every page; `migrate` has made them

TRANSPORT_ALIASES.update(
    redis="hootprov.broker:RedisTransport",
    rediss="hootprov.broker:RedisTransport",
    filesystem="hootprov.broker:FolderTransport",
)

app = Celery("hootprov")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def limit_statements(**_signal: Any) -> None:
    """Have PostgreSQL end a statement of this process that takes too long, or is idle within a transaction.

    Else one that waits for ever would hold its thread, and with it its task, for as long as the worker lives.
    """
    milliseconds = settings.WORKER_STATEMENT_SECONDS * 1000
    for alias in connections:
        database = connections.settings[alias]
        if database["ENGINE"].endswith("postgresql") and milliseconds:
            ours = (
                f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={milliseconds}"
            )
            given = database["OPTIONS"].get("options", "")
            database["OPTIONS"]["options"] = f"{given} {ours}".strip()
