"""Both OpenAPI documents, asked for all that they allow and for what they do not: every check of schemathesis.

Its coverage phase alone asks some 50 cases of each operation. What only the service can make is put in here:
ids and cursors. SCIM is asked for what is valid alone, since it must be lenient (RFC 7644 §3.4.2.4, §3.3); and
what it refuses of that by a rule that no JSON Schema can say is refused with 400.
"""

import socket
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from accounts.models import Organization
from hootprov.wsgi import application
from provisioning import logs
from provisioning.models import CycleKind, ProvisioningCycle, WebhookDelivery
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.tenants import make_tenant

# What a schema can't say of a text: that it can be seen. Of ASCII it can be said.
GENERATION: dict[str, Any] = {"allow-x00": False, "codec": "ascii"}
# Each operation is asked by two methods that it does not take, and not by every one.
PHASES = {"stateful": {"enabled": False}, "coverage": {"unexpected-methods": ["put", "trace"]}}
OURS = SchemathesisConfig.from_dict({"generation": GENERATION, "phases": PHASES})
LENIENT = SchemathesisConfig.from_dict(
    {
        "generation": GENERATION | {"mode": "positive"},
        "phases": PHASES,
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 400, 401, 403, 404, 409, 412]}},
    }
)
OWN_HOSTS, PUBLIC_ADDRESS = {None, "localhost", "127.0.0.1"}, "93.184.215.14"
BOUNDED = settings(
    deadline=None,
    max_examples=3,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
api = schemathesis.openapi.from_wsgi("/api/openapi.json", application, config=OURS)
scim = schemathesis.openapi.from_wsgi("/api/openapi-scim.json", application, config=LENIENT)


pytestmark = pytest.mark.usefixtures("one_connection", "no_name_server")


@pytest.fixture
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to one public address, so that no name of a generated webhook is asked for outside."""
    ask = socket.getaddrinfo

    def answer(host: str | None, port: int | None, *arguments: int, **options: int) -> list[Any]:
        return ask(host if host in OWN_HOSTS else PUBLIC_ADDRESS, port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def ids(acme: Organization) -> dict[str, Any]:
    """The id of a row of everything, by the part of an address that it follows."""
    tenant = make_tenant(acme)
    ProvisioningCycle.objects.update(kind=CycleKind.INITIAL)
    logs.seal()
    return {
        "tokens": tenant.ids["provisioning_scimtoken"],
        "log-entries": tenant.ids["provisioning_provisioninglogentry"],
        "cycles": tenant.ids["provisioning_provisioningcycle"],
        "members": tenant.ids["accounts_member"],
        "teams": tenant.ids["accounts_team"],
        "recipients": tenant.ids["recipient"],
        "audit-events": tenant.ids["provisioning_auditevent"],
        "webhooks": tenant.ids["provisioning_webhookendpoint"],
        "webhook-deliveries": WebhookDelivery.objects.get().message_id,
        "Users": tenant.ids["accounts_member"],
        "Groups": tenant.ids["accounts_team"],
    }


@pytest.fixture
def api_secret(acme: Organization) -> str:
    """The secret of a key that may do everything of Acme."""
    return factories.make_api_key(acme).secret


def headers(secret: str) -> dict[str, str]:
    """Return what a program sends, which unpacks nothing."""
    return {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}


def name_what_is_there(case: Case, ids: dict[str, Any]) -> None:  # type: ignore[type-arg]  # what it is generic in is schemathesis' own
    """Put what only the service can make into a case where that is to be valid."""
    given = case.path_parameters
    if "organization" in given and api_slug(given["organization"]):
        given["organization"] = "acme"
    kind = case.path.strip("/").partition("/{id}")[0].rpartition("/")[2]
    if "id" in given and is_an_id(given["id"]) and kind in ids:
        given["id"] = str(ids[kind]) if kind != "cycles" else ids[kind]
    if not isinstance(case.query.get("after", 0), int) and "log-entries" not in case.path:
        case.query.pop("after", None)


def api_slug(text: Any) -> bool:
    """Whether a value could name an organization."""
    return isinstance(text, str) and text.isascii() and text.replace("-", "").isalnum() and text.islower()


def is_an_id(value: Any) -> bool:
    """Whether a value could be an id."""
    try:
        return isinstance(value, int) or bool(UUID(str(value)))
    except ValueError:
        return False


@api.parametrize()
@BOUNDED
def test_the_api_is_as_its_document_says(case: Case, ids: dict[str, Any], api_secret: str) -> None:  # type: ignore[type-arg]  # what it is generic in is schemathesis' own
    name_what_is_there(case, ids)

    case.call_and_validate(headers=headers(api_secret))


@scim.parametrize()
@BOUNDED
def test_scim_is_as_its_document_says(case: Case, ids: dict[str, Any], acme_token: IssuedToken) -> None:  # type: ignore[type-arg]  # what it is generic in is schemathesis' own
    name_what_is_there(case, ids)

    case.call_and_validate(headers=headers(acme_token.secret))
