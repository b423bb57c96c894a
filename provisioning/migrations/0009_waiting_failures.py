"""Count the failures that wait to be told by their causes, in the watch, instead of the range they stand in."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Max, Q

TOLD_BY_OTHERS = Q(error_code__in=["token_revoked", "token_expired", "provisioning_off"])
NO_WORK = Q(action="test_connection") | Q(action="read", error_code="not_found")


def count_what_waits(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Count each waiting range once."""
    for watch in apps.get_model("provisioning", "ProvisioningWatch").objects.filter(failures_since__isnull=False):
        entries = apps.get_model("provisioning", "ProvisioningLogEntry").objects.filter(
            organization_id=watch.pk,
            position__gt=watch.failures_after,
            position__lte=watch.position,
            status="failure",
        )
        failed = entries.exclude(TOLD_BY_OTHERS | NO_WORK).order_by().values_list("error_code")
        counted = failed.annotate(count=Count("id"), newest=Max("position"))
        watch.failures_waiting = {
            code: {"count": count, "newest": newest} for code, count, newest in counted
        }
        watch.save()


def tell_from_the_start(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Let the range that waits begin before the first failure of what is waited for, or with what comes."""
    for watch in apps.get_model("provisioning", "ProvisioningWatch").objects.all():
        entries = apps.get_model("provisioning", "ProvisioningLogEntry").objects.filter(
            organization_id=watch.pk, position__lte=watch.position
        )
        if watch.failures_since is not None:
            entries = entries.filter(at__lt=watch.failures_since)
        watch.failures_after = entries.order_by().aggregate(last=Max("position"))["last"] or 0
        watch.save()


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0008_digest_lines")]
    operations = [
        migrations.AddField(
            model_name="provisioningwatch",
            name="failures_waiting",
            field=models.JSONField(
                default=dict,
                help_text="What is not told yet: by its code, how many failures, and the position of the newest.",
            ),
        ),
        migrations.RunPython(count_what_waits, tell_from_the_start),
        migrations.RemoveField(model_name="provisioningwatch", name="failures_after"),
    ]
