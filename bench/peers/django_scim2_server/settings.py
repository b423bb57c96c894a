"""The settings of django-scim2-server's project."""

from bench.peers.settings import *  # noqa: F403 - settings build on settings

ROOT_URLCONF = "bench.peers.django_scim2_server.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "bench.peers.tokens",
    "bench.peers.django_scim2_server",
    "django_scim2_server",
]
MIGRATION_MODULES = dict.fromkeys(["contenttypes", "auth", "django_scim2_server"])  # made in one go
AUTH_USER_MODEL = "people.User"
SCIM2_SERVER_USER_ADAPTER = "bench.peers.django_scim2_server.adapters.User"
SCIM2_SERVER_AUTH_CHECK = "bench.peers.tokens.models.is_known"
