"""Serve every single filter of the log by an index of its own, and close the ways around the history's guard.

The history's triggers refuse UPDATE and DELETE. What they do not see: SQLite's INSERT OR REPLACE, which
deletes without a trigger, and PostgreSQL's TRUNCATE.
"""

from django.db import migrations, models

WHOLE = {
    "log_of_status": ["organization", "status", "-at", "-id"],
    "log_of_action": ["organization", "action", "-at", "-id"],
    "log_by_status": ["status", "-id"],
    "log_by_action": ["action", "-id"],
}
TABLE = "provisioning_auditevent"
SQLITE = (
    f"CREATE TRIGGER history_no_replace BEFORE INSERT ON {TABLE} "
    f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'What was done is not changed: the history is append-only.'); END"
)
POSTGRESQL = (
    f"CREATE TRIGGER history_no_truncate BEFORE TRUNCATE ON {TABLE} "
    "FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()"
)


def guard(_apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def unguard(_apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    name = "history_no_replace" if is_sqlite else f"history_no_truncate ON {TABLE}"
    schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0016_webhooks")]
    operations = [
        *[migrations.RemoveIndex("provisioninglogentry", name) for name in WHOLE],
        *[
            migrations.AddIndex("provisioninglogentry", models.Index(fields=fields, name=name))
            for name, fields in WHOLE.items()
        ],
        migrations.RunPython(guard, unguard),
    ]
