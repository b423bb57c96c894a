"""Give every connection that exists its watch, and every count of reads the times it stands for."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def watch_every_connection(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Create the watches that read each log from its beginning."""
    connections = apps.get_model("provisioning", "ProvisioningConnection").objects.values_list("pk", flat=True)
    watches = apps.get_model("provisioning", "ProvisioningWatch").objects
    watches.bulk_create([watches.model(pk=pk) for pk in connections], ignore_conflicts=True)
    apps.get_model("provisioning", "RequestCount").objects.update(first_at=F("minute"), last_at=F("minute"))


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0004_background")]
    operations = [migrations.RunPython(watch_every_connection, migrations.RunPython.noop)]
