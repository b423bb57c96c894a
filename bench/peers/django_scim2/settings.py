"""Settings of a production server: no middleware, persistent connections, HootProv's own pragmas on SQLite."""

import os
from urllib.parse import urlsplit

SECRET_KEY = os.environ["SECRET_KEY"]
TOKEN_KEY = os.environ["TOKEN_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peers.django_scim2.urls"
INSTALLED_APPS = ["django_scim", "bench.peers.django_scim2"]
AUTH_USER_MODEL = "django_scim2.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
SCIM_SERVICE_PROVIDER = {
    "SCHEME": "http",
    "NETLOC": f"127.0.0.1:{os.environ['PORT']}",
    "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "Token", "description": "A token."}],
    "USER_ADAPTER": "bench.peers.django_scim2.adapters.User",
    "GROUP_MODEL": "bench.peers.django_scim2.models.Group",
    "GROUP_FILTER_PARSER": "bench.peers.django_scim2.filters.GroupFilter",
    "AUTH_CHECK_MIDDLEWARE": "bench.peers.django_scim2.authentication.TokenCheck",
}
url = urlsplit(os.environ["DATABASE_URL"])
pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
sqlite = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": url.path[1:],
    "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": pragmas},
}
postgresql = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": url.path[1:],
    "USER": url.username,
    "HOST": url.hostname,
    "PORT": url.port,
}
kept = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": (sqlite if url.scheme == "sqlite" else postgresql) | kept}
