"""Another organization does not exist: a walk over every table of an organization's console.

A page that is registered is walked by itself. What it needs: a row in `tests/console/tenants.py`, and a
value for a field of its question that no other page has.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.contrib.admin.sites import AdminSite
from django.core.checks import Tags, run_checks
from django.forms import ChoiceField
from django.test import Client
from django.utils.html import escape

from accounts.admin.pages import RowsPage, table_of
from accounts.admin.paging import cursor_of
from accounts.admin.sites import organization_site
from accounts.models import Member, Organization
from accounts.permissions import Ability
from provisioning.models import ProvisioningLogEntry
from tests.console.conftest import signed_in_as
from tests.console.reading import headers_of
from tests.console.tenants import Tenant, make_tenant, nobodys

# Deny by default: what is not in this list is on nobody's console.
SEARCHED = ("Token of {slug}", "Team of {slug}", "kim@{slug}.example")
REGISTERED = {
    "accounts_member",
    "accounts_operator",
    "accounts_team",
    "accounts_tombstone",
    "provisioning_apikey",
    "provisioning_auditevent",
    "provisioning_notification",
    "provisioning_provisioningcycle",
    "provisioning_provisioninglogentry",
    "provisioning_scimtoken",
    "provisioning_webhookdelivery",
    "provisioning_webhookendpoint",
}
REGISTRY: AdminSite = organization_site
PAGES: dict[str, Any] = {table_of(model): page for model, page in REGISTRY._registry.items()}


@pytest.fixture
def mine(acme: Organization) -> Tenant:
    """Acme, whose admin looks."""
    return make_tenant(acme)


@pytest.fixture
def theirs(globex: Organization) -> Tenant:
    """Globex, which must not be seen."""
    return make_tenant(globex)


@pytest.fixture
def browser(mine: Tenant) -> Client:
    """The browser of Acme's admin."""
    return signed_in_as(mine.admin)


def list_of(table: str) -> str:
    """Return the address of a table's list."""
    return f"/console/{table.replace('_', '/')}/"


def values_of(theirs: Tenant) -> dict[str, Any]:
    """Return what only Globex knows, for each field of a question that takes a text."""
    member = Member.objects.get(pk=theirs.ids["accounts_member"])
    entry = ProvisioningLogEntry.objects.get(pk=theirs.ids["provisioning_provisioninglogentry"])
    return {
        "organization": theirs.slug,
        "q": member.user_name,
        "identity": member.user_name,
        "resource": member.id,
        "cycle": theirs.ids["provisioning_provisioningcycle"],
        "webhook": theirs.ids["provisioning_webhookendpoint"],
        "request_id": entry.id,
        "error_code": entry.error_code,
        "since": f"{entry.at:%Y-%m-%d}",
        "until": f"{entry.at:%Y-%m-%d}",
    }


def questions(page: RowsPage, theirs: Tenant) -> Iterator[dict[str, str]]:
    """Yield every way to ask a list for what is Globex's: each field, each choice, and cursors of its rows."""
    values = values_of(theirs)
    for name, field in page.question_class.base_fields.items():
        choices: Any = field.choices if isinstance(field, ChoiceField) else [(values[name], "")]
        yield from ({name: str(each)} for each, _ in choices if each)
    yield {"organization": theirs.slug, "q": "e", "identity": "e"}
    row = page.model._default_manager.get(pk=theirs.ids[table_of(page.model)])
    for organization in (None, theirs.organization):
        question = page.question_class({}, scope=organization)
        cursor = cursor_of(row, page.ordering_for(question))
        yield from ({turn: cursor, "organization": theirs.slug} for turn in ("older", "newer"))


def named(tenant: Tenant) -> list[str]:
    """Return the names by which Ctrl-K finds its rows."""
    return [name.format(slug=tenant.slug) for name in SEARCHED]


def spelt(asked: dict[str, str]) -> list[str]:
    """Return every spelling in which a page repeats what it was asked."""
    return [form for each in asked.values() for form in (each, escape(each), quote(each), quote_plus(each))]


def test_nothing_is_registered_but_what_was_thought_of() -> None:
    assert set(PAGES) == REGISTERED


@pytest.mark.parametrize("table", sorted(REGISTERED))
def test_every_page_shows_rows_and_changes_none(table: str) -> None:
    page = PAGES[table]
    names = {each.name.removeprefix(f"{table}_") for each in page.get_urls()}

    assert isinstance(page, RowsPage)
    assert page.view_ability in {Ability.VIEW, Ability.MANAGE_PEOPLE}
    assert names == {"changelist", "add", "change"}
    assert page.actions is None


@pytest.mark.parametrize("table", sorted(REGISTERED))
def test_a_list_shows_ones_own_rows_and_no_others(
    browser: Client, mine: Tenant, theirs: Tenant, table: str
) -> None:
    page = browser.get(list_of(table)).text

    assert str(mine.ids[table]) in page
    assert not theirs.is_in(page)


@pytest.mark.parametrize("table", sorted(REGISTERED))
def test_no_question_brings_another_organizations_rows(
    browser: Client, mine: Tenant, theirs: Tenant, table: str
) -> None:
    asked = list(questions(PAGES[table], theirs))
    leaked = {}
    for each in asked:
        answer = browser.get(list_of(table), each)
        if answer.status_code != 200 or theirs.is_in(answer.text, asked=spelt(each)):
            leaked[urlencode(each)] = answer.status_code

    assert len(asked) >= 5
    assert leaked == {}


@pytest.mark.parametrize("table", sorted(REGISTERED))
def test_a_row_of_another_is_answered_like_one_that_never_was(
    browser: Client, mine: Tenant, theirs: Tenant, table: str
) -> None:
    own, foreign, absent = (
        browser.get(f"{list_of(table)}{id_}/change/")
        for id_ in (mine.ids[table], theirs.ids[table], nobodys(theirs.ids[table]))
    )

    assert own.status_code == 200
    assert not theirs.is_in(own.text)
    assert (foreign.status_code, foreign.content, headers_of(foreign)) == (
        404,
        absent.content,
        headers_of(absent),
    )


def test_no_form_is_taken(browser: Client, mine: Tenant) -> None:
    routes = ["", "add/", "{id}/change/", "{id}/delete/", "{id}/history/", "autocomplete/"]
    answers = {
        (table, route): browser.post(
            list_of(table) + route.format(id=mine.ids[table]), {"action": "delete_selected"}
        ).status_code
        for table in REGISTERED
        for route in routes
    }

    assert set(answers.values()) == {404, 405}


def test_ctrl_k_finds_ones_own_and_no_others(browser: Client, mine: Tenant, theirs: Tenant) -> None:
    def found(tenant: Tenant) -> dict[str, int]:
        terms = [str(each) for each in (*values_of(tenant).values(), *tenant.ids.values())]
        terms += [*named(tenant), f"Admin of {tenant.slug}", tenant.slug]
        pages = {term: browser.get("/console/search/", {"s": term, "extended": "1"}).text for term in terms}
        return {
            term: tenant.is_in(page.replace(term, ""), asked=[]) or f'data-title="{term}' in page
            for term, page in pages.items()
        }

    own = found(mine)
    assert [name for name in named(mine) if not own[name]] == []
    assert not any(found(theirs).values())
    assert "Nothing found" in browser.get("/console/search/", {"s": "zzzz", "extended": "1"}).text


def test_an_export_holds_ones_own_rows_and_no_others(browser: Client, mine: Tenant, theirs: Tenant) -> None:
    files = {}
    for each in ({}, *questions(PAGES["provisioning_provisioninglogentry"], theirs)):
        answer = browser.post(f"/console/log/export/?{urlencode(each)}", {"kind": "ndjson"})
        files[urlencode(each)] = answer.getvalue().decode() if answer.streaming else ""

    assert mine.is_in(files[""])
    assert not any(theirs.is_in(text) for text in files.values())


def test_a_mails_link_leads_to_ones_own_log(browser: Client, mine: Tenant, theirs: Tenant) -> None:
    link = browser.get("/log/", {"organization": theirs.slug, "status": "failure"})
    page = browser.get(link["Location"])

    assert link["Location"] == "/console/provisioning/provisioninglogentry/?status=failure"
    assert mine.is_in(page.text)
    assert not theirs.is_in(page.text)


def test_the_system_checks_find_no_fault_in_any_page() -> None:
    assert run_checks(tags=[Tags.admin]) == []
