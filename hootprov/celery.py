"""The Celery application. Tasks live in `provisioning/tasks.py`; their times in settings."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hootprov.settings.development")

TRANSPORT_ALIASES.update(
    redis="hootprov.broker:RedisTransport",
    rediss="hootprov.broker:RedisTransport",
    filesystem="hootprov.broker:FolderTransport",
)

app = Celery("hootprov")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
