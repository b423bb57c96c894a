"""Let two foreign keys of a membership be checked, not three: both the team and the member name the organization."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_names_that_begin_so")]
    operations = [
        migrations.AlterField(
            model_name="teammembership",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
    ]
