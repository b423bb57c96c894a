"""The embedded default: SQLite, Celery's filesystem broker, mails as files; keys made in `var/`."""

from hootprov import env
from hootprov.logging import configuration
from hootprov.settings.base import *  # noqa: F403 - settings build on settings
from hootprov.settings.base import BASE_URL_PARTS, VAR, broker_transport_options, tuned

(VAR / "static").mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.generated_secret("SECRET_KEY", folder=VAR)
TOKEN_KEY = env.generated_secret("TOKEN_KEY", folder=VAR)
LOG_KEY = env.generated_secret("LOG_KEY", folder=VAR)

DATABASES = {"default": tuned(env.database("DATABASE_URL", f"sqlite:///{VAR / 'hootprov.sqlite3'}"))}
CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = broker_transport_options(CELERY_BROKER_URL)
vars().update(env.email("EMAIL_URL", f"filemail:///{VAR / 'mail'}"))

WEBHOOKS_TO_LOOPBACK = BASE_URL_PARTS.hostname in env.LOOPBACK_HOSTS
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
LOGGING = configuration(as_json=False)
