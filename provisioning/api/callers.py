"""Who calls: an API key, or somebody signed in to a console; of which organization, and what they may do.

Whoever sends an Authorization header is judged by that alone. A browser's session may do here what its
role may do in the console, and needs its CSRF token for anything that changes something.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import clock
from accounts.addresses import client_address
from accounts.backends import is_signed_in
from accounts.models import Operator, Organization
from accounts.permissions import Ability
from provisioning import api_keys
from provisioning.api import problems
from provisioning.api.problems import Refused
from provisioning.history import Actor
from provisioning.models import ApiKey, Scope


@dataclass(frozen=True)
class Caller:
    """Whoever calls. `organization` is the one whose rows exist for them; None: every one."""

    kind: str
    id: str
    name: str
    organization: Organization | None
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    operator: Operator | None = None

    is_authenticated = True

    @classmethod
    def of_key(cls, key: ApiKey) -> "Caller":
        """Return a program with a key."""
        given = {Scope(each) for each in key.scopes if each in Scope.values}
        whose = "API key" if key.organization_id else api_keys.STAFF_KEY
        return cls(
            kind="api_key",
            id=str(key.id),
            name=f"{whose} {key}",
            organization=key.organization,
            scopes=api_keys.with_implied(given),
            expires_at=key.expires_at,
        )

    @classmethod
    def of_operator(cls, operator: Operator) -> "Caller":
        """Return somebody who is signed in."""
        return cls(
            kind="session",
            id=str(operator.id),
            name=str(operator),
            organization=operator.organization,
            scopes=api_keys.with_implied(api_keys.scopes_of(operator)),
            operator=operator,
        )

    def organizations(self) -> QuerySet[Organization]:
        """Return the organizations that exist for them."""
        every = Organization.objects.all()
        return every if self.organization is None else every.filter(pk=self.organization.pk)


def caller_of(request: Request) -> Caller:
    """Return who calls. Raises: Refused for nobody."""
    if not isinstance(request.auth, Caller):
        raise Refused(problems.unauthorized)
    return request.auth


def actor_of(request: Request) -> Actor:
    """Return what the history writes down of who calls."""
    caller = caller_of(request)
    address = client_address(request._request)  # noqa: SLF001 - Django's own request
    return Actor(caller.name, caller.operator, address)


def may_go_on(request: Request) -> bool:
    """Whether whoever calls may do so at this moment too: asked again while a long answer is read."""
    caller = caller_of(request)
    if caller.operator is not None:
        return is_signed_in(request._request)  # noqa: SLF001 - Django's own request
    key = ApiKey.objects.filter(pk=caller.id).first()
    return key is not None and key.is_live(clock.now())


class KeyAuthentication(authentication.BaseAuthentication):
    """Lets a live API key in, and answers every kind of wrong one alike."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        """Return who calls; None without the header. Raises: AuthenticationFailed."""
        given = request.META.get("HTTP_AUTHORIZATION", "")
        if not given:
            return None
        scheme, _, secret = given.partition(" ")
        key = api_keys.key_of_secret(secret.strip()) if scheme.lower() == "bearer" else None
        now = clock.now()
        if key is None or not key.is_live(now):
            raise AuthenticationFailed
        api_keys.note_use(key, address=client_address(request._request), now=now)  # noqa: SLF001 - Django's own request
        caller = Caller.of_key(key)
        return caller, caller

    def authenticate_header(self, _request: Request) -> str:
        """Return what a 401 asks for."""
        return problems.REALM


class ConsoleSession(authentication.SessionAuthentication):
    """Lets whoever is signed in to a console in; what changes something needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        """Return who calls; None for nobody. Raises: PermissionDenied without the token."""
        found = super().authenticate(request)
        operator = found[0] if found else None
        if not isinstance(operator, Operator) or not operator.can(Ability.VIEW):
            return None
        return operator, Caller.of_operator(operator)
