"""An export is in the format that is asked for, whatever else a client says that it takes."""

import pytest

from provisioning import logs
from provisioning.tokens import IssuedToken
from tests import factories
from tests.api.conftest import Program

EXPORT = "/organizations/acme/log-entries/export"


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize(
    "accept", ["text/csv", "application/x-ndjson", "application/json", "*/*", "nonsense"]
)
@pytest.mark.parametrize(
    ("kind", "type_"), [("csv", "text/csv; charset=utf-8"), ("ndjson", "application/x-ndjson")]
)
def test_accept_may_say_anything(
    program: Program, acme_token: IssuedToken, accept: str, kind: str, type_: str
) -> None:
    factories.make_entry(acme_token)
    logs.seal()

    answer = program.request("GET", f"{EXPORT}?format={kind}", headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, type_)
    assert len(b"".join(answer)) > 0
