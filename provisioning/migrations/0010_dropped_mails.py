"""Let a mail be dropped that its recipient wants no more, and find quickly those that were given up."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0009_waiting_failures")]
    operations = [
        migrations.AddField(
            model_name="notification",
            name="dropped_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RemoveIndex(model_name="notification", name="notification_due"),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=Q(sent_at__isnull=True, gave_up_at__isnull=True, dropped_at__isnull=True),
                fields=["next_try_at"],
                name="notification_due",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=Q(gave_up_at__isnull=False),
                fields=["-created_at", "id"],
                name="notification_given_up",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=Q(dropped_at__isnull=False),
                fields=["-created_at", "id"],
                name="notification_dropped",
            ),
        ),
    ]
