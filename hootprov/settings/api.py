"""The management API: REST framework, its limits, and the cache in which requests are counted."""

from typing import Any

from hootprov import env

APPS = ["rest_framework", "django_filters", "drf_spectacular", "drf_spectacular_sidecar"]

# So many requests of one caller in so many seconds.
API_THROTTLES = (
    (env.whole_number("API_REQUESTS_PER_SECOND", 10), 1),
    (env.whole_number("API_REQUESTS_PER_MINUTE", 300), 60),
)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "provisioning.api.callers.KeyAuthentication",
        "provisioning.api.callers.ConsoleSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["provisioning.api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["provisioning.api.throttling.PerCaller"],
    "DEFAULT_PARSER_CLASSES": ["provisioning.api.parsing.ObjectParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,  # an OPTIONS is refused: the OpenAPI document describes everything
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "provisioning.api.problems.answer_to",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a parameter of the export
}

SPECTACULAR: dict[str, Any] = {
    "TITLE": "HootProv management API",
    "DESCRIPTION": (
        "Everything that the consoles show, for programs. Authenticate with an API key: "
        "`Authorization: Bearer hpk_…`. Errors are problem documents (RFC 9457); `429` says in Retry-After when "
        "to try again. Within `/api/v1/` nothing is taken away or changes its meaning; new fields may come, so "
        "ignore what you do not know."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,  # what a PATCH must say is required there too
    "POSTPROCESSING_HOOKS": ["provisioning.api.schema.finish"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "SORT_OPERATIONS": False,
}


def caches(broker_url: str) -> dict[str, dict[str, Any]]:
    """Return Django's caches. Where Redis is the broker, requests are counted there, for every process."""
    own = {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
    if broker_url.startswith("filesystem:"):
        return {"default": own, "throttles": own}
    shared = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": broker_url.replace("redis+socket:", "unix:", 1),
        "KEY_PREFIX": "hootprov-api",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    return {"default": own, "throttles": shared}


CACHES = caches(env.broker("CELERY_BROKER_URL", "filesystem://localhost"))
