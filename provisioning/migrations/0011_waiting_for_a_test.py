"""Find at once what whoever waits for Entra's Test Connection looks for: first uses, and calls of strangers."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0010_dropped_mails")]
    operations = [
        migrations.AddField(
            model_name="scimtoken",
            name="first_used_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="scimtoken",
            index=models.Index(fields=["first_used_at"], name="token_first_use"),
        ),
        migrations.AddIndex(
            model_name="requestcount",
            index=models.Index(
                condition=Q(organization__isnull=True), fields=["-minute"], name="request_count_strangers"
            ),
        ),
    ]
