"""The wiring: settings, URLs, servers. It imports the rooms; nothing imports it."""

from hootprov.celery import app as celery_app

__all__ = ["celery_app"]
