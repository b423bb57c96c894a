"""What docs/api.md says is so, and its poller reads each entry once."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from provisioning import logs
from provisioning.models import ProvisioningLogEntry, Scope
from tests import factories
from tests.processes import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
POLLER = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]


def test_every_scope_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z]+:[a-z]+)`", TEXT, re.MULTILINE)) == set(Scope.values)


def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run the poller; return the ids of what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(POLLER, "docs/api.md", "exec"), {})  # noqa: S102 - it is ours
    return [json.loads(line)["id"] for line in printed.getvalue().splitlines()]


@pytest.mark.django_db(transaction=True)
def test_the_poller_misses_nothing_and_reads_nothing_twice(
    live_server: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = factories.make_organization()
    token = factories.make_token(acme)
    environment = {
        "HOOTPROV_URL": str(live_server),
        "HOOTPROV_ORGANIZATION": "acme",
        "HOOTPROV_API_KEY": factories.make_api_key(acme, Scope.LOGS_READ).secret,
        "HOOTPROV_PLACE": str(tmp_path / "place"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("provisioning.api.log.LogPages.most", 2)
    poller = POLLER.replace("limit=1000", "limit=2")
    monkeypatch.setattr("tests.api.test_documentation.POLLER", poller)

    found = []
    for count in (5, 0, 3):
        for _ in range(count):
            factories.make_entry(token)
        logs.seal()
        found += read(monkeypatch)

    entries = ProvisioningLogEntry.objects.order_by("position")
    assert found == [str(each.id) for each in entries]
    assert len(found) == 8
