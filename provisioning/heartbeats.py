"""When the background last did its work: how the web side knows that it runs."""

from datetime import datetime, timedelta

from provisioning.models import Heartbeat

WORKER = "worker"


def beat(name: str, *, now: datetime) -> None:
    """Note that a background process is at work."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def silence(name: str, *, now: datetime) -> timedelta | None:
    """Return for how long nothing was heard of a background process; None if it never ran."""
    at = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return now - at if at else None
