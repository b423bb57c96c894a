"""Tell an organization's own systems what happens: endpoints, and what is on its way to them."""

import accounts.clock
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_names_that_begin_so'),
        ('provisioning', '0015_api_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditevent',
            name='kind',
            field=models.CharField(choices=[('organization_created', 'Organization created'), ('settings_changed', 'Settings changed'), ('turned_on', 'Provisioning turned on'), ('turned_off', 'Provisioning turned off'), ('token_issued', 'Token issued'), ('token_rotated', 'Token rotated'), ('token_revoked', 'Token revoked'), ('token_leaked', 'Token reported leaked'), ('token_requested', 'Token asked for'), ('person_created', 'Person created'), ('person_invited', 'Person invited'), ('person_joined', 'Person set their password'), ('person_changed', 'Person changed'), ('person_ended', 'Sign-in of a person ended'), ('person_restored', 'Sign-in of a person allowed again'), ('recipient_added', 'Recipient added'), ('recipient_changed', 'Recipient changed'), ('recipient_removed', 'Recipient removed'), ('member_deactivated', 'Member deactivated by hand'), ('member_restored', 'Member restored by hand'), ('viewed_as', 'Console seen as an org admin sees it'), ('log_exported', 'Log exported'), ('webhook_added', 'Webhook added'), ('webhook_changed', 'Webhook changed'), ('webhook_rotated', 'Secret of a webhook rotated'), ('webhook_removed', 'Webhook removed'), ('api_key_issued', 'API key issued'), ('api_key_revoked', 'API key revoked')], max_length=40),
        ),
        migrations.AlterField(
            model_name='provisioningevent',
            name='kind',
            field=models.CharField(choices=[('first_success', 'First success'), ('failures', 'Failures'), ('silence', 'Silence'), ('quarantine_risk', 'Quarantine risk'), ('recovery', 'Recovery'), ('token_expiring', 'Token expiring'), ('token_issued', 'Token issued'), ('token_rotated', 'Token rotated'), ('token_revoked', 'Token revoked'), ('status_switched', 'Provisioning turned on or off'), ('webhook_failing', 'Webhook failing')], max_length=40),
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=500)),
                ('kinds', models.JSONField(default=list, help_text='The kinds it hears of, one at least.')),
                ('hears_log', models.BooleanField(editable=False, help_text='Whether one of its kinds comes from the log.')),
                ('created_at', models.DateTimeField(default=accounts.clock.now, editable=False)),
                ('salt', models.CharField(editable=False, max_length=64)),
                ('secret_made_at', models.DateTimeField(editable=False)),
                ('old_salt', models.CharField(blank=True, editable=False, max_length=64)),
                ('old_secret_until', models.DateTimeField(editable=False, null=True)),
                ('position', models.PositiveBigIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(default=accounts.clock.now)),
                ('leased_until', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Attempts that failed since the last success.')),
                ('failing_since', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('off_at', models.DateTimeField(null=True)),
                ('off_reason', models.CharField(blank=True, max_length=300)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='accounts.organization')),
            ],
            options={
                'verbose_name': 'webhook',
                'ordering': ['-created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.UUIDField(editable=False, unique=True)),
                ('type', models.CharField(max_length=60)),
                ('created_at', models.DateTimeField()),
                ('kinds', models.JSONField(default=list)),
                ('first_position', models.PositiveBigIntegerField(null=True)),
                ('last_position', models.PositiveBigIntegerField(null=True)),
                ('entries', models.PositiveSmallIntegerField(default=0)),
                ('data', models.JSONField(default=dict)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('first_tried_at', models.DateTimeField(null=True)),
                ('last_tried_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('gave_up_at', models.DateTimeField(null=True)),
                ('http_status', models.PositiveSmallIntegerField(null=True)),
                ('answer', models.TextField(blank=True, help_text="The first 4,096 bytes of the answer's body.")),
                ('error', models.CharField(blank=True, max_length=300)),
                ('duration_ms', models.FloatField(null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('endpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='provisioning.webhookendpoint')),
            ],
            options={
                'verbose_name': 'webhook delivery',
                'verbose_name_plural': 'webhook deliveries',
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(fields=['organization', '-created_at', 'id'], name='webhook_listing'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(fields=['-created_at', 'id'], name='webhook_listing_of_all'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('off_at__isnull', True)), fields=['next_try_at'], name='webhook_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-id'], name='delivery_of_endpoint'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['organization', '-id'], name='delivery_of_organization'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('delivered_at__isnull', True), ('gave_up_at__isnull', True)), fields=['endpoint', 'id'], name='delivery_waiting'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('gave_up_at__isnull', False)), fields=['-id'], name='delivery_given_up'),
        ),
    ]
