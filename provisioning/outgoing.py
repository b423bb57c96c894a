"""Send a request to an address that somebody else chose, and to no address inside our own network.

The name is resolved once; every address it has must be a public one, and the connection goes to one of those,
so that a name which changes its mind in between leads nowhere. No redirect is followed and no proxy of the
environment is used. Whatever the other side does, it is over within SECONDS of the connection's begin.

Source: OWASP, Server-Side Request Forgery Prevention; RFC 6890 (special-purpose addresses); RFC 6052 and 3056
(IPv6 addresses that lead to an IPv4 one), 3879 (fec0::/10), 7526 (192.88.99.0/24) and 9637 (3fff::/20);
Microsoft, What is IP address 168.63.129.16?
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from http import HTTPStatus
from threading import Timer
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.http import parse_http_date_safe

SECONDS = 10.0
CONNECT_SECONDS = 5.0  # for one address of a name: the next may answer
LONGEST_URL = 500
MOST_OF_BODY = 4096
DEFAULT_PORTS = {"https": 443, "http": 80}
LOOKUP_SECONDS = 3.0  # for whoever types an address and waits
REFUSED = tuple(
    ipaddress.ip_network(each)
    for each in (
        "64:ff9b::/96",  # these three lead to an IPv4 address
        "2002::/16",
        "2001::/32",
        "192.0.0.0/24",  # these four are no host's in the world, whatever `ipaddress` of this Python says
        "192.88.99.0/24",
        "fec0::/10",
        "3fff::/20",
        "168.63.129.16/32",  # Azure's own, which a machine there reaches and nobody else
    )
)
# Of those who wait for a name, so many at once; the next ones wait for them, no longer than for a name.
lookups = ThreadPoolExecutor(4, thread_name_prefix="lookup")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(Exception):
    """An address is not one that we call; the message is a sentence for whoever chose it."""


class NotPublic(AddressRefused):
    """A name leads nowhere at this moment, or to an address that is no public one."""


class Target(NamedTuple):
    """Where a request goes: what is said to the other side, and the addresses it may be sent to."""

    parts: SplitResult
    host: str
    port: int
    addresses: list[str]

    @property
    def path(self) -> str:
        """What is asked for."""
        return f"{self.parts.path or '/'}{f'?{self.parts.query}' if self.parts.query else ''}"


@dataclass(frozen=True)
class Answer:
    """What came back: a status and the body's beginning, or why nothing did."""

    status: int | None = None
    body: str = ""
    error: str = ""
    retry_after: str = ""
    duration_ms: float = 0.0

    @property
    def is_taken(self) -> bool:
        """Whether the other side has taken it."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def check_url(url: str) -> None:
    """Check an address that somebody typed, and look its name up, for LOOKUP_SECONDS. Raises: AddressRefused."""
    _, host, _ = split(url)
    lookup = lookups.submit(target_of, url)
    try:
        lookup.result(LOOKUP_SECONDS)
    except TimeoutError:
        lookup.cancel()
        raise NotPublic(f"The name {host} is not found within {LOOKUP_SECONDS:.0f} seconds.") from None


def target_of(url: str) -> Target:
    """Return where an address leads at this moment. Raises: AddressRefused."""
    parts, host, port = split(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotPublic(f"The name {host} is not found.") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        if not is_allowed(ipaddress.ip_address(address.partition("%")[0])):
            raise NotPublic(
                f"{host} leads to {address}, which is no public address: only public ones are called."
            )
    if parts.scheme == "http" and not all(ipaddress.ip_address(each).is_loopback for each in addresses):
        raise NotPublic("The address must begin with https://: what is sent names people.")
    return Target(parts, host, port, addresses)


def split(url: str) -> tuple[SplitResult, str, int]:
    """Return an address's parts, host and port. Raises: AddressRefused."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(f"An address has {LONGEST_URL} characters at most, ASCII and no spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("This is no address: it looks like https://siem.example.com/hootprov.") from None
    schemes = ("https", "http") if settings.WEBHOOKS_TO_LOOPBACK else ("https",)
    if parts.scheme not in schemes or not host:
        raise AddressRefused(
            "An address begins with https:// and a host, as https://siem.example.com/hootprov."
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("An address has no user, no password and no #fragment.")
    return parts, host, DEFAULT_PORTS[parts.scheme] if port is None else port


def is_allowed(address: Address) -> bool:
    """Whether we connect to an address: a public one, or this machine's own while developing."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_allowed(address.ipv4_mapped)
    if address.is_loopback:
        return bool(settings.WEBHOOKS_TO_LOOPBACK)
    if any(address.version == each.version and address in each for each in REFUSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def post(url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
    """Send a POST, and return what came of it: this raises nothing that the other side can cause."""
    began = time.monotonic()
    try:
        answer = exchange(target_of(url), body, headers)
    except AddressRefused as refusal:
        answer = Answer(error=str(refusal))
    except TimeoutError:
        answer = Answer(error=f"It gave no answer in time: {SECONDS:.0f} seconds at most.")
    except (OSError, http.client.HTTPException, ValueError) as error:
        answer = Answer(error=described(error))
    return replace(answer, duration_ms=(time.monotonic() - began) * 1000)


def exchange(target: Target, body: bytes, headers: dict[str, str]) -> Answer:
    """Send a POST, and return its answer. Raises: OSError, HTTPException."""
    with connected(target) as connection:
        connection.request("POST", target.path, body, headers)
        response = connection.getresponse()
        content = response.read(MOST_OF_BODY)
        return Answer(
            status=response.status,
            body=content.decode(errors="replace").replace("\0", ""),
            retry_after=response.headers.get("Retry-After", ""),
        )


@contextmanager
def connected(target: Target) -> Iterator[http.client.HTTPConnection]:
    """Return a connection to one of a target's addresses, which is cut when its time is over. Raises: OSError."""
    until = time.monotonic() + SECONDS
    raw = connect(target, until=until)
    cut = (
        raw.dup()
    )  # the connection's own socket may be replaced by TLS's, this one leads to the same connection
    watchdog = Timer(max(until - time.monotonic(), 0), shut, [cut])
    watchdog.daemon = True
    watchdog.start()
    connection = http.client.HTTPConnection(target.host, target.port)
    try:
        raw.settimeout(SECONDS)
        connection.default_port = DEFAULT_PORTS[target.parts.scheme]
        connection.sock = raw
        if target.parts.scheme == "https":
            connection.sock = tls().wrap_socket(raw, server_hostname=target.host)
        yield connection
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= until:
            raise TimeoutError from error
        raise
    finally:
        watchdog.cancel()
        connection.close()
        raw.close()
        cut.close()


def connect(target: Target, *, until: float) -> socket.socket:
    """Return a connection to the first of a target's addresses that takes one. Raises: OSError."""
    problem: OSError = TimeoutError()
    for address in target.addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, target.port), timeout=min(left, CONNECT_SECONDS))
        except OSError as error:
            problem = error
    raise problem


def shut(connection: socket.socket) -> None:
    """Cut a connection under whoever waits for it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@cache
def tls() -> ssl.SSLContext:
    """Return how TLS is spoken: certificates are checked against the system's authorities."""
    return ssl.create_default_context()


def seconds_of(retry_after: str, *, now: datetime) -> float:
    """Return in how many seconds a Retry-After is over, which is a number of them or a date; 0 for neither.

    Source: RFC 9110, 10.2.3.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return int(text[:6])
    until = parse_http_date_safe(text)
    return 0 if until is None else max(until - now.timestamp(), 0)


def described(error: Exception) -> str:
    """Return why nothing came back, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not valid: {error.verify_message}."
    if isinstance(error, ConnectionRefusedError):
        return "It refuses connections."
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return "It cut the connection without an answer."
    said = getattr(error, "strerror", None) or str(error) or "no more is known"
    return f"{type(error).__name__}: {said}."
