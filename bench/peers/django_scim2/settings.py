"""The settings of django-scim2's project."""

import os

from bench.peers.settings import *  # noqa: F403 - settings build on settings

ROOT_URLCONF = "bench.peers.django_scim2.urls"
INSTALLED_APPS = ["django_scim", "bench.peers.tokens", "bench.peers.django_scim2"]
AUTH_USER_MODEL = "django_scim2.User"
SCIM_SERVICE_PROVIDER = {
    "SCHEME": "http",
    "NETLOC": f"127.0.0.1:{os.environ['PORT']}",
    "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "Token", "description": "A token."}],
    "USER_ADAPTER": "bench.peers.django_scim2.adapters.User",
    "GROUP_MODEL": "bench.peers.django_scim2.models.Group",
    "GROUP_FILTER_PARSER": "bench.peers.django_scim2.filters.GroupFilter",
    "AUTH_CHECK_MIDDLEWARE": "bench.peers.django_scim2.authentication.TokenCheck",
}
