"""An upgrade loses nothing: recipients hear what they heard, digests and failures go on where they were."""

from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.apps import apps

from accounts.models import Organization
from provisioning import recipients
from provisioning.models import (
    Delivery,
    DigestLine,
    EventKind,
    Notification,
    ProvisioningEvent,
    ProvisioningWatch,
    Recipient,
)
from tests.watch.world import FAILED, World


def migration(name: str) -> Any:
    """Return the module of a migration."""
    return import_module(f"provisioning.migrations.{name}")


def recipient(organization: Organization, address: str, **columns: Any) -> Recipient:
    """Store a recipient as it was stored before."""
    return Recipient.objects.create(
        organization=organization, address=address, address_key=address, **columns
    )


def test_who_had_every_kind_chose_everything_and_who_had_none_hears_nothing_still(acme: Organization) -> None:
    recipient(acme, "all@acme.example", chosen_kinds=recipients.EVERYTHING)
    recipient(acme, "some@acme.example", chosen_kinds=["failures"])
    recipient(acme, "none@acme.example", chosen_kinds=[])

    migration("0007_recipients_of_everything").mean_everything(apps, mock.Mock())

    stored = {row.address: (row.chosen_kinds, row.muted_at is not None) for row in Recipient.objects.all()}
    assert stored == {
        "all@acme.example": ([], False),
        "some@acme.example": (["failures"], False),
        "none@acme.example": ([], True),
    }


def happened(organization: Organization, key: str, at: datetime, kind: EventKind = EventKind.SILENCE) -> None:
    """Store an event as it was stored before: without a line."""
    ProvisioningEvent.objects.create(organization=organization, kind=kind, key=key, at=at)


def mailed(organization: Organization, event: str) -> None:
    """Store a mail."""
    Notification.objects.create(
        organization=organization, kind="silence", event=event, recipient="it@acme.example"
    )


@pytest.mark.parametrize("has_digest", [True, False])
def test_the_first_digest_after_holds_what_nobody_told(world: World, has_digest: bool) -> None:
    acme, eight = world.organization, world.now.replace(hour=8, minute=0, second=0, microsecond=0)
    world.now = eight + timedelta(hours=2)
    ProvisioningEvent.objects.all().delete()
    added_at = eight - timedelta(hours=2)
    recipient(acme, "it@acme.example", delivery=Delivery.DAILY, chosen_kinds=["silence"], added_at=added_at)
    if has_digest:
        mailed(acme, f"digest:{eight:%Y-%m-%d}")
    for key, hours in {"before": -3, "told": -1, "new": 1, "mailed": 1.5}.items():
        happened(acme, key, eight + timedelta(hours=hours))
    happened(acme, "other kind", eight + timedelta(hours=1), EventKind.RECOVERY)
    mailed(acme, "mailed")

    migration("0008_digest_lines").note_what_waits(apps, mock.Mock())

    waiting = list(DigestLine.objects.order_by("event__at").values_list("address_key", "event__key"))
    untold = ["new"] if has_digest else ["told", "new"]
    assert waiting == [("it@acme.example", key) for key in untold]


def test_failures_that_waited_are_counted_by_their_causes(world: World) -> None:
    world.changes()
    world.changes(2, **FAILED)
    world.changes(3, **FAILED | {"error_code": "team_name_taken"})
    world.changes(**FAILED | {"error_code": "provisioning_off"})
    world.passes(seconds=5)
    [watch] = ProvisioningWatch.objects.all()
    counted = watch.failures_waiting
    stored = mock.Mock(pk=watch.pk, position=watch.position, failures_after=0)
    old = SimpleNamespace(objects=mock.Mock(filter=lambda **_: [stored]))
    models = {"ProvisioningWatch": old}

    def get_model(app: str, name: str) -> Any:
        return models.get(name) or apps.get_model(app, name)

    migration("0009_waiting_failures").count_what_waits(mock.Mock(get_model=get_model), mock.Mock())

    counts = {code: each["count"] for code, each in stored.failures_waiting.items()}
    assert counts == {"user_name_taken": 2, "team_name_taken": 3}
    assert stored.failures_waiting == counted
