"""The Django application of this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organizations, operators, members and teams."""

    name = "accounts"
    verbose_name = "Organizations and people"
