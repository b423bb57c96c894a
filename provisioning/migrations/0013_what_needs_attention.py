"""Find at once, across organizations, who is in which state or turned off, and which tokens end next."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0012_mails_to_people")]
    operations = [
        migrations.AddIndex(
            model_name="healthperiod",
            index=models.Index(
                fields=["state", "started_at", "organization"],
                condition=Q(ended_at__isnull=True),
                name="health_present",
            ),
        ),
        migrations.AddIndex(
            model_name="provisioningconnection",
            index=models.Index(fields=["status", "organization"], name="connection_status"),
        ),
        migrations.AddIndex(
            model_name="scimtoken",
            index=models.Index(fields=["expires_at", "id"], name="token_ending"),
        ),
    ]
