"""The Django application of this room."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """Connections, tokens, the provisioning log, notifications."""

    name = "provisioning"
    verbose_name = "Provisioning"
