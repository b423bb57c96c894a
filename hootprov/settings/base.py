"""What holds everywhere. The environment is read through `hootprov.env` alone, here and beside."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse_lazy

from hootprov import env
from hootprov.settings import api, consoles

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(env.read("VAR", str(ROOT / "var")))

# Where we listen, and the one address that Location, $ref, the Tenant URL and mails are made from.
HOST = env.host("HOST", "127.0.0.1")
PORT = env.port("PORT", 8000)
BASE_URL_PARTS = env.base_url("BASE_URL", host=HOST, port=PORT)
BASE_URL = BASE_URL_PARTS.geturl()
TENANT_URL = f"{BASE_URL}/scim/v2"
ALLOWED_HOSTS = env.allowed_hosts(BASE_URL_PARTS)
IS_HTTPS = BASE_URL_PARTS.scheme == "https"

# How many proxies of ours stand in front and add to X-Forwarded-For; 0: its content is ignored.
TRUSTED_PROXIES = env.whole_number("TRUSTED_PROXIES", 0)

DEBUG = False
ROOT_URLCONF = "hootprov.urls"
WSGI_APPLICATION = "hootprov.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # pages are loaded with the URLs: commands and workers have none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    *api.APPS,
    "accounts",
    "provisioning",
]

# What a page needs. A SCIM request takes its own, shorter way: see `hootprov/wsgi.py`.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "hootprov.compression.Compression",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data. django-scim2 swallows exceptions, so ATOMIC_REQUESTS would commit half a request:
# provisioning/scim/engine.py opens the one transaction of a write itself.
ATOMIC_REQUESTS = False
SQLITE_OPTIONS = {
    "timeout": 30,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
        "PRAGMA wal_autocheckpoint=4000;"  # at the latest: provisioning/scim/turns.py does it sooner
    ),
}
# A server that is gone without a word is noticed within a minute, by reads and by writes.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    # After so many uses PostgreSQL keeps the plan of a statement of accounts/compiled.py.
    "prepare_threshold": env.whole_number("PREPARED_STATEMENTS_AFTER", 5) or None,
}


def tuned(database: dict[str, object]) -> dict[str, object]:
    """Return one database's settings with ours added: persistent connections, locking, time-outs."""
    is_sqlite = str(database["ENGINE"]).endswith("sqlite3")
    ours = SQLITE_OPTIONS if is_sqlite else POSTGRESQL_OPTIONS
    given = database.get("OPTIONS")
    options = {**ours, **(given if isinstance(given, dict) else {})}
    return {**database, "OPTIONS": options, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


# People
AUTH_USER_MODEL = "accounts.Operator"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.OperatorBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("front_door")  # which leads each to their console
PASSWORD_RESET_TIMEOUT = int(timedelta(days=7).total_seconds())
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "password", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.client_address"
AXES_USERNAME_CALLABLE = "accounts.admin.sign_in.tried_name"
AXES_LOCKOUT_CALLABLE = "accounts.admin.sign_in.locked_out"

# Cookies and headers
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
SESSION_COOKIE_AGE = 12 * 60 * 60
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SCIM_CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # unfold's Alpine evaluates expressions in attributes; no inline script runs.
        "script-src": [SELF, UNSAFE_EVAL, NONCE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# Language and time: stored in UTC, shown with the zone.
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]

# Mail
DEFAULT_FROM_EMAIL = env.read("DEFAULT_FROM_EMAIL", "HootProv <hootprov@localhost>")
EMAIL_TIMEOUT = 10

# Webhooks go to public addresses over TLS alone; to this machine itself only where the product is tried out on it.
WEBHOOKS_TO_LOOPBACK = False


def periodic(task: str, every: timedelta) -> dict[str, object]:
    """Return one line of the beat schedule; a run nobody took for ten times its period is dropped."""
    expires = {"expires": 10 * every.total_seconds()}
    return {"task": f"provisioning.tasks.{task}", "schedule": every, "options": expires}


# Celery: the broker is only a messenger, the outbox table is the truth. A task's time can't be limited in a
# thread; what it waits for is: a mail server by EMAIL_TIMEOUT, PostgreSQL by this (0: no limit).
WORKER_STATEMENT_SECONDS = env.whole_number("WORKER_STATEMENT_SECONDS", 120)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    # `expires` drops what a stopped worker has missed: the next run does the work of all.
    "seal-log": periodic("seal_log", timedelta(milliseconds=500)),
    "relay-notifications": periodic("relay_notifications", timedelta(seconds=5)),
    "watch-connections": periodic("watch_connections", timedelta(seconds=5)),
    "call-webhooks": periodic("call_webhooks", timedelta(seconds=2)),
    "write-digests": periodic("write_digests", timedelta(minutes=5)),
    "remind-of-expiry": periodic("remind_of_expiry", timedelta(hours=1)),
    "delete-expired": periodic("delete_expired", timedelta(hours=6)),
}


def broker_transport_options(url: str) -> dict[str, object]:
    """Return Celery's transport options: where the embedded broker keeps its files, or time-outs."""
    if url.startswith("filesystem:"):
        folder = VAR / "broker"
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(VAR / "broker-control"),
            "polling_interval": 0.1,
        }
    return {"visibility_timeout": 300, "socket_connect_timeout": 2, "socket_timeout": 10}


# SCIM: provisioning/scim/ overrides django-scim2 through these, its own seams.
SCIM_SERVICE_PROVIDER = {
    "SCHEME": BASE_URL_PARTS.scheme,
    "NETLOC": BASE_URL_PARTS.netloc,
    "USER_MODEL_GETTER": "provisioning.scim.adapters.member_model",
    "USER_ADAPTER": "provisioning.scim.adapters.MemberAdapter",
    "USER_FILTER_PARSER": "provisioning.scim.searches.MemberFilter",
    "GROUP_MODEL": "accounts.models.Team",
    "GROUP_ADAPTER": "provisioning.scim.adapters.TeamAdapter",
    "GROUP_FILTER_PARSER": "provisioning.scim.searches.TeamFilter",
    "SCHEMAS_GETTER": "provisioning.scim.discovery.stock_schemas",
    "AUTH_CHECK_MIDDLEWARE": "provisioning.scim.authentication.TokenAuthentication",
    "SERVICE_PROVIDER_CONFIG_MODEL": "provisioning.scim.discovery.ServiceProviderConfig",
    "WWW_AUTHENTICATE_HEADER": 'Bearer realm="HootProv SCIM"',
    "AUTHENTICATION_SCHEMES": [
        {
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A long-lived token that your customer success manager issues for your organization.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": True,
        },
    ],
}
SCIM_MAX_BODY_BYTES = 1024 * 1024
# For so long a read may go by what a process has just read of a token: see provisioning/scim/known_tokens.py.
SCIM_TOKEN_SECONDS = 0.5
DATA_UPLOAD_MAX_MEMORY_SIZE = SCIM_MAX_BODY_BYTES

# The consoles: titles, menus and colours.
UNFOLD, UNFOLD_CONSOLE = consoles.STAFF, consoles.ORGANIZATION

# The management API.
API_THROTTLES, REST_FRAMEWORK, CACHES = api.API_THROTTLES, api.REST_FRAMEWORK, api.CACHES
SPECTACULAR_SETTINGS = api.SPECTACULAR
