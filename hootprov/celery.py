"""The Celery application. Tasks live in `provisioning/tasks.py`; their times in settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hootprov.settings.development")

app = Celery("hootprov")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
