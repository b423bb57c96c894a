"""List organizations by name, page after page, by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_ended_sign_ins")]
    operations = [
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["name", "slug"], name="organization_listing"),
        ),
    ]
