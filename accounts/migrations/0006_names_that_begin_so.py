"""Let PostgreSQL find names by their beginning, whatever its locale. SQLite's unique indexes do as they are."""

from django.db import migrations

INDEXES = {
    "member_user_name_beginning": "accounts_member (organization_id, user_name_key text_pattern_ops)",
    "team_display_name_beginning": "accounts_team (organization_id, display_name_key text_pattern_ops)",
}


def create(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, columns in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {columns}")


def drop(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_organizations_by_name")]
    operations = [migrations.RunPython(create, drop)]
