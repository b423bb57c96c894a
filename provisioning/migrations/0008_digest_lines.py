"""Note for each digest what it is to hold, beginning with what no digest has told yet."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from accounts import clock

SENT_AT = time(8, 0)


def note_what_waits(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Write the lines of every daily recipient: what happened since its last digest, and no mail told it."""
    recipients = apps.get_model("provisioning", "Recipient").objects
    for recipient in recipients.filter(delivery="daily", muted_at__isnull=True).select_related("organization"):
        note_for(apps, recipient)


def note_for(apps: Apps, recipient: models.Model) -> None:
    """Write the lines of one recipient."""
    organization, lines = recipient.organization, apps.get_model("provisioning", "DigestLine").objects
    mails = apps.get_model("provisioning", "Notification").objects.filter(
        organization=organization, recipient=recipient.address
    )
    digests = mails.filter(event__startswith="digest:").order_by("-event").values_list("event", flat=True)
    zone = ZoneInfo(organization.time_zone)
    last = digests.first()
    if last:
        since = datetime.combine(datetime.fromisoformat(last.removeprefix("digest:")).date(), SENT_AT, zone)
    else:
        since = clock.now() - timedelta(days=1)
    events = apps.get_model("provisioning", "ProvisioningEvent").objects.filter(
        organization=organization, at__gte=max(since, recipient.added_at)
    )
    if recipient.chosen_kinds:
        events = events.filter(kind__in=recipient.chosen_kinds)
    untold = events.exclude(key__in=mails.values_list("event", flat=True))
    lines.bulk_create(
        lines.model(organization=organization, address_key=recipient.address_key, event=event)
        for event in untold
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_background"), ("provisioning", "0007_recipients_of_everything")]
    operations = [
        migrations.CreateModel(
            name="DigestLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address_key", models.CharField(max_length=254)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="provisioning.provisioningevent",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "address_key", "event"), name="digest_line_once"
                    )
                ],
            },
        ),
        migrations.RunPython(note_what_waits, migrations.RunPython.noop),
    ]
