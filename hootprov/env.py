"""Read the environment: typed, and loud. The only callers are the modules of `hootprov/settings`.

Every function raises ImproperlyConfigured with one line that names the variable, what is wrong
with it and what would be right; a value never appears in it, for it may hold a password.
"""

import json
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

HOST_NAME = re.compile(r"[0-9a-z](?:[0-9a-z._-]*[0-9a-z])?\.?|[0-9a-f:.]*:[0-9a-f:.]*")
WILDCARD_HOSTS = {"0.0.0.0", "::", "[::]"}  # noqa: S104 - recognized, never bound here
LARGEST_PORT = 65535
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
EMAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl", "filemail", "consolemail", "anymail")


def read(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that NAME_FILE points to.

    Raises: ImproperlyConfigured when that file can't be read.
    """
    file_name = os.environ.get(f"{name}_FILE")
    if file_name is None:
        return os.environ.get(name, "").strip() or default
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"{name}_FILE names a file that can't be read: {error.strerror}."
        raise ImproperlyConfigured(message) from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}_FILE names a file that is not UTF-8 text.") from None


def required(name: str, purpose: str) -> str:
    """Return the variable. Raises: ImproperlyConfigured when it is empty."""
    value = read(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. It is {purpose}.")
    return value


def port(name: str, default: int) -> int:
    """Return a TCP port. Raises: ImproperlyConfigured unless it is a number from 1 to 65535."""
    value = read(name, str(default))
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= LARGEST_PORT:
        raise ImproperlyConfigured(f"{name} must be a port number from 1 to 65535.")
    return int(value)


def whole_number(name: str, default: int) -> int:
    """Return a number. Raises: ImproperlyConfigured unless it is 0 or a positive whole one."""
    value = read(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, 0 or more.")
    return int(value)


def host(name: str, default: str) -> str:
    """Return the address to listen on. Raises: ImproperlyConfigured when it is not a bare host."""
    value = read(name, default).strip("[]")
    if not value or any(character in value for character in "/@?# ") or ":" in value[:1]:
        raise ImproperlyConfigured(f"{name} must be a bare host name or address, without a port.")
    return value


def base_url(name: str, *, host: str, port: int) -> SplitResult:
    """Return the public address of the product, split; by default the one it listens on.

    Raises: ImproperlyConfigured unless it is scheme, host and perhaps a port, and nothing else.
    """
    reachable = "127.0.0.1" if host in WILDCARD_HOSTS else host
    bracketed = f"[{reachable}]" if ":" in reachable else reachable
    value = read(name, f"http://{bracketed}:{port}").rstrip("/")
    remedy = f"{name} must be an absolute URL such as https://hootprov.example.com, without a path."
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises ValueError for a port that is no number
    except ValueError:
        raise ImproperlyConfigured(remedy) from None
    is_bare = not (parts.path or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not HOST_NAME.fullmatch(parts.hostname or "") or not is_bare:
        raise ImproperlyConfigured(remedy)
    return parts


def allowed_hosts(base: SplitResult) -> list[str]:
    """Return the host names a request may name: that of the base URL, and its loopback aliases."""
    host = str(base.hostname)
    names = {f"[{host}]" if ":" in host else host}
    if base.hostname in LOOPBACK_HOSTS:
        names |= {"localhost", "127.0.0.1", "[::1]"}
    return sorted(names)


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of one database.

    Raises: ImproperlyConfigured unless it is a sqlite:/// or postgresql:// URL with a name.
    """
    url = read(name, default)
    remedy = f"{name} must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME."
    if urlsplit_or_raise(url, remedy).scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured(remedy)
    settings = parsed(environ.Env.db_url_config, url, remedy)
    if not settings.get("NAME"):
        raise ImproperlyConfigured(remedy)
    return settings


def broker(name: str, default: str) -> str:
    """Return Celery's broker URL.

    Raises: ImproperlyConfigured unless it is filesystem://, redis://, rediss:// or redis+socket://.
    """
    url = read(name, default)
    remedy = f"{name} must be redis://HOST:PORT/NUMBER, rediss://…, redis+socket://PATH or filesystem://."
    parts = urlsplit_or_raise(url, remedy)
    if parts.scheme not in ("filesystem", "redis", "rediss", "redis+socket"):
        raise ImproperlyConfigured(remedy)
    if parts.scheme in ("redis", "rediss") and not parts.hostname:
        raise ImproperlyConfigured(remedy)
    return url


def email(name: str, default: str) -> dict[str, Any]:
    """Return Django's e-mail settings, by their names.

    Raises: ImproperlyConfigured unless it is an smtp, smtp+tls, smtp+ssl, filemail, consolemail or
    anymail URL.
    """
    url = read(name, default)
    remedy = f"{name} must be smtp://, smtp+tls:// or smtp+ssl://USER:PASSWORD@HOST:PORT, filemail:///FOLDER, consolemail:// or anymail://PROVIDER."
    parts = urlsplit_or_raise(url, remedy)
    is_lacking_host = parts.scheme.startswith("smtp") and not parts.hostname
    if parts.scheme not in EMAIL_SCHEMES or is_lacking_host:
        raise ImproperlyConfigured(remedy)
    if parts.scheme == "anymail":
        return anymail(name, provider=parts.netloc)
    return parsed(environ.Env.email_url_config, url, remedy)


def anymail(name: str, *, provider: str) -> dict[str, Any]:
    """Return the settings of a mail provider by its web API, from ANYMAIL, a JSON object of its settings.

    Raises: ImproperlyConfigured for an unknown provider, a broken ANYMAIL, or without django-anymail.
    """
    backend = f"anymail.backends.{provider}"
    try:
        is_known = bool(provider.isidentifier() and find_spec(backend))
    except ModuleNotFoundError:
        message = f"{name} names a provider of django-anymail: pip install -r requirements-anymail.txt."
        raise ImproperlyConfigured(message) from None
    if not is_known:
        raise ImproperlyConfigured(f"{name} must name a provider as django-anymail does: anymail://postmark.")
    try:
        settings = json.loads(read("ANYMAIL", "{}"))
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ImproperlyConfigured('ANYMAIL must be a JSON object, such as {"POSTMARK_SERVER_TOKEN": "…"}.')
    return {"EMAIL_BACKEND": f"{backend}.EmailBackend", "ANYMAIL": settings}


def generated_secret(name: str, *, folder: Path) -> str:
    """Return the variable or, where it is not set, a secret kept in `folder` (created once, 0600)."""
    value = read(name)
    if value:
        return value
    path = folder / name.lower()
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder, encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            # A link appears whole or not at all, and only the first of two processes makes it.
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii").strip()


def urlsplit_or_raise(url: str, remedy: str) -> SplitResult:
    """Split a URL. Raises: ImproperlyConfigured with the remedy when it is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError for a port that is no number
    except ValueError:
        raise ImproperlyConfigured(remedy) from None
    return parts


def parsed(parse: Callable[[str], dict[str, Any]], url: str, remedy: str) -> dict[str, Any]:
    """Parse a URL with django-environ. Raises: ImproperlyConfigured with the remedy when it can't."""
    try:
        return parse(url)
    except (ValueError, KeyError, ImproperlyConfigured):
        raise ImproperlyConfigured(remedy) from None
