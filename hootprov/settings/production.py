"""Production: every secret and service comes from the environment, and none has a default."""

from hootprov import env
from hootprov.logging import configuration
from hootprov.settings.base import *  # noqa: F403 - settings build on settings
from hootprov.settings.base import IS_HTTPS, broker_transport_options, tuned

env.required("BASE_URL", "the public address, such as https://hootprov.example.com")
env.required("DATABASE_URL", "the PostgreSQL database, postgresql://USER:PASSWORD@HOST:PORT/NAME")
env.required("CELERY_BROKER_URL", "the Redis server, redis://HOST:PORT/NUMBER")
env.required("EMAIL_URL", "the mail server, smtp+tls://USER:PASSWORD@HOST:PORT")

SECRET_KEY = env.required("SECRET_KEY", "the key of sessions, at least 50 random characters")
TOKEN_KEY = env.required(
    "TOKEN_KEY",
    "the key tokens and API keys are hashed with and webhooks' secrets made with; changing it ends them all",
)
LOG_KEY = env.required("LOG_KEY", "the key under which the log can be searched for a person")

DATABASES = {"default": tuned(env.database("DATABASE_URL", ""))}
CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", "")
CELERY_BROKER_TRANSPORT_OPTIONS = broker_transport_options(CELERY_BROKER_URL)
vars().update(env.email("EMAIL_URL", ""))

# TLS ends at a proxy in front, which sets this header on every request.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LOGGING = configuration(as_json=True)
