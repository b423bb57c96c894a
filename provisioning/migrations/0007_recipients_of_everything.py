"""Let who chose every kind of event hear of those to come too: an empty list of kinds means every kind."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EVERYTHING = {
    "first_success",
    "failures",
    "silence",
    "quarantine_risk",
    "recovery",
    "token_expiring",
    "token_issued",
    "token_rotated",
    "token_revoked",
    "status_switched",
}


def mean_everything(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Store every kind as none. A row that had none heard nothing: it is muted, so that it goes on so."""
    recipients = apps.get_model("provisioning", "Recipient").objects
    rows = list(recipients.values_list("pk", "chosen_kinds", "added_at"))
    for pk, _, added_at in [row for row in rows if not row[1]]:
        recipients.filter(pk=pk, muted_at__isnull=True).update(muted_at=added_at)
    recipients.filter(pk__in=[pk for pk, kinds, _ in rows if set(kinds) >= EVERYTHING]).update(chosen_kinds=[])


def list_everything(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Store every kind by its name again."""
    recipients = apps.get_model("provisioning", "Recipient").objects
    everything = [pk for pk, kinds in recipients.values_list("pk", "chosen_kinds") if not kinds]
    recipients.filter(pk__in=everything).update(chosen_kinds=sorted(EVERYTHING))


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0006_history")]
    operations = [
        migrations.AlterField(
            model_name="recipient",
            name="kinds",
            field=models.JSONField(
                db_column="kinds",
                default=list,
                help_text="The kinds of event it wants to hear of; none: every kind.",
            ),
        ),
        migrations.RenameField(model_name="recipient", old_name="kinds", new_name="chosen_kinds"),
        migrations.RunPython(mean_everything, list_everything),
    ]
