"""Every address of an organization's console, as everybody. An address added without a line here fails."""

import re
from typing import Any, NamedTuple

import pytest
from django.test import Client

from accounts.admin.sites import organization_site
from accounts.models import Operator, Organization
from accounts.permissions import Role
from tests import factories
from tests.console.conftest import signed_in_as
from tests.console.reading import headers_of
from tests.console.tenants import Tenant, make_tenant, nobodys, rows_of
from tests.console.test_who_may_open_what import patterns

PASSWORDS = {"old_password": factories.PASSWORD} | dict.fromkeys(
    ("new_password1", "new_password2"), "seven blue lanterns"
)
CHOICE = {"kinds": ["silence"], "delivery": "at_once"}
WEBHOOK = {"url": "http://127.0.0.1:9/hook", "kinds": ["teams"]}
Form = dict[str, Any]


class Line(NamedTuple):
    """What an address answers to an org admin, and to staff who look; and the form it takes, if it takes one."""

    admin: int = 200
    looking: int = 200
    form: Form | None = None
    posted: int = 303


VIEWED, ADDING, PEOPLES, NOT_THERE = Line(), Line(404, 404), Line(looking=403), Line(404, 403)
LINES: dict[str, Line] = {
    "index": VIEWED,
    "search": VIEWED,
    "guide": VIEWED,
    "live": VIEWED,
    "token_live": VIEWED,
    "notifications": VIEWED,
    "export_log": Line(form={"kind": "csv"}, posted=200),
    "accounts_member_changelist": VIEWED,
    "accounts_member_add": ADDING,
    "accounts_member_change": VIEWED,
    "accounts_team_changelist": VIEWED,
    "accounts_team_add": ADDING,
    "accounts_team_change": VIEWED,
    "accounts_tombstone_changelist": VIEWED,
    "accounts_tombstone_add": ADDING,
    "accounts_tombstone_change": VIEWED,
    "accounts_operator_changelist": PEOPLES,
    "accounts_operator_add": NOT_THERE,
    "accounts_operator_change": PEOPLES,
    "provisioning_apikey_changelist": VIEWED,
    "provisioning_apikey_add": ADDING,
    "provisioning_apikey_change": VIEWED,
    "issue_api_key": Line(
        looking=403, form={"label": "Poller", "scopes": ["logs:read"], "lifetime_days": "30"}
    ),
    "api_key_secret": Line(410, 403),
    "revoke_api_key": Line(looking=403, form={"label": "Key of acme", "reason": "The poller is gone."}),
    "provisioning_auditevent_changelist": VIEWED,
    "provisioning_auditevent_add": ADDING,
    "provisioning_auditevent_change": VIEWED,
    "provisioning_notification_changelist": VIEWED,
    "provisioning_notification_add": ADDING,
    "provisioning_notification_change": VIEWED,
    "provisioning_provisioningcycle_changelist": VIEWED,
    "provisioning_provisioningcycle_add": ADDING,
    "provisioning_provisioningcycle_change": VIEWED,
    "provisioning_provisioninglogentry_changelist": VIEWED,
    "provisioning_provisioninglogentry_add": ADDING,
    "provisioning_provisioninglogentry_change": VIEWED,
    "provisioning_webhookendpoint_changelist": VIEWED,
    "provisioning_webhookendpoint_add": ADDING,
    "provisioning_webhookendpoint_change": VIEWED,
    "provisioning_webhookdelivery_changelist": VIEWED,
    "provisioning_webhookdelivery_add": ADDING,
    "provisioning_webhookdelivery_change": VIEWED,
    "provisioning_scimtoken_changelist": VIEWED,
    "provisioning_scimtoken_add": ADDING,
    "provisioning_scimtoken_change": VIEWED,
    "revoke_token": Line(looking=403, form={"label": "Token of acme", "reason": "Seen in a chat."}),
    "request_token": Line(looking=403, form={"message": "Please."}),
    "try_mail_again": Line(looking=403, form={}),
    "add_recipient": Line(looking=403, form={"address": "new@acme.example", **CHOICE}),
    "change_recipient": Line(looking=403, form=CHOICE),
    "remove_recipient": Line(looking=403, form={}),
    "ask_recipient": Line(looking=403, form={}),
    "test_recipient": Line(looking=403, form={}),
    "invite_person": Line(looking=403, form={"name": "Kim", "email": "new@acme.example"}),
    "change_person": Line(looking=403, form={"name": "Kim"}),
    "end_person": Line(looking=403, form={"reason": "Left."}),
    "restore_person": Line(looking=403, form={}),
    "send_person_link": Line(looking=403, form={}),
    "add_webhook": Line(looking=403, form=WEBHOOK),
    "change_webhook": Line(looking=403, form=WEBHOOK),
    "rotate_webhook": Line(looking=403, form={"overlap_hours": 1}),
    "webhook_secret": Line(410, 403),
    "test_webhook": Line(looking=403, form={}),
    "try_delivery_again": Line(looking=403, form={}),
    "switch_webhook": Line(looking=403, form={"state": "off"}),
    "remove_webhook": Line(looking=403, form={}),
    "password_change": Line(looking=403, form=PASSWORDS),
}
TAKING = [name for name, line in LINES.items() if line.form is not None]
FOR_EVERYBODY = {"login", "logout"}
ROUTES = dict(patterns(organization_site.urls[0], "/console/"))
ROWS = {"token_id": "provisioning_scimtoken", "mail_id": "provisioning_notification"}
ROWS |= {"key_id": "provisioning_apikey", "webhook_id": "provisioning_webhookendpoint"}
ROWS |= {"delivery_id": "provisioning_webhookdelivery"}
ROWS |= {"person_id": "accounts_operator", "recipient_id": "recipient"}


def id_in(name: str, tenant: Tenant) -> Any:
    """Return the id that an address names a row of an organization by; None where it names none."""
    parameter = next((each for each in ROWS if f":{each}>" in ROUTES[name]), "")
    if "<path:object_id>" in ROUTES[name]:
        return tenant.ids[name.removesuffix("_change")]
    return tenant.ids[ROWS[parameter]] if parameter else None


def address(name: str, id_: Any = None) -> str:
    """Return where an address is, for a row."""
    route = ROUTES[name].replace("<path:object_id>", str(id_))
    for parameter in ROWS:
        route = re.sub(rf"<\w+:{parameter}>", str(id_), route)
    return route


@pytest.fixture
def mine(acme: Organization, csm: Operator) -> Tenant:
    """Acme, with rows behind every address."""
    Organization.objects.filter(pk=acme.pk).update(success_manager=csm)
    acme.refresh_from_db()
    return make_tenant(acme)


@pytest.fixture
def theirs(globex: Organization) -> Tenant:
    """Globex, whose admin tries."""
    return make_tenant(globex)


@pytest.fixture
def looking(mine: Tenant, csm: Operator) -> Client:
    """The browser of a CSM who sees Acme's console as its admins do."""
    browser = signed_in_as(csm)
    browser.post(f"/admin/organizations/{mine.organization.id}/view-as/", {"reason": ""})
    return browser


def opened(browser: Client, mine: Tenant, *, post: bool = False) -> dict[str, int]:
    """Return what every address answers to somebody, with Acme's rows: to a GET, or to a form where it takes one."""
    answers = {}
    for name, line in LINES.items():
        url = address(name, id_in(name, mine))
        answers[name] = status_of(browser.post(url, line.form or {}) if post else browser.get(url))
    return answers


def status_of(answer: Any) -> int:
    """Return an answer's status; a file is read to its end, since only one is written at a time."""
    if answer.streaming:
        answer.getvalue()
    return int(answer.status_code)


def doors(browser: Client, mine: Tenant) -> set[str]:
    """Return where every address leads somebody who may not be there."""
    urls = [address(name, id_in(name, mine)) for name in LINES]
    answers = [send(url) for url in urls for send in (browser.get, browser.post)]
    return {answer.get("Location", str(answer.status_code)).partition("?")[0] for answer in answers}


def test_every_address_of_the_console_has_a_line_here() -> None:
    named = {name for name in ROUTES if name}

    assert named - FOR_EVERYBODY == set(LINES)


def test_nobody_gets_in_without_signing_in(client: Client, mine: Tenant) -> None:
    before = rows_of(mine.organization)

    assert doors(client, mine) == {"/console/login/"}
    assert rows_of(mine.organization) == before


@pytest.mark.parametrize("role", [Role.OWNER, Role.CSM, Role.SUPPORT])
def test_staff_get_in_only_when_they_have_said_whose_console_they_see(mine: Tenant, role: Role) -> None:
    staff = Operator.objects.filter(role=role).first() or factories.make_operator(role)
    before = rows_of(mine.organization)

    assert doors(signed_in_as(staff), mine) == {"/console/login/"}
    assert rows_of(mine.organization) == before


def test_whoever_was_ended_gets_in_no_more(mine: Tenant) -> None:
    browser = signed_in_as(mine.admin)
    Operator.objects.filter(pk=mine.admin.pk).update(is_active=False)

    assert doors(browser, mine) == {"/console/login/"}


def test_an_admin_opens_what_is_theirs(mine: Tenant, theirs: Tenant) -> None:
    assert opened(signed_in_as(mine.admin), mine) == {name: line.admin for name, line in LINES.items()}


def test_nothing_of_another_organization_is_on_any_page(mine: Tenant, theirs: Tenant) -> None:
    browser = signed_in_as(mine.admin)

    pages = {name: browser.get(address(name, id_in(name, mine))).text for name in LINES}

    assert [name for name, page in pages.items() if theirs.is_in(page)] == []
    assert mine.is_in(pages["provisioning_scimtoken_changelist"])


def test_the_row_of_another_is_answered_like_one_that_never_was(mine: Tenant, theirs: Tenant) -> None:
    browser, before = signed_in_as(theirs.admin), rows_of(mine.organization)
    told = {}
    for name, line in LINES.items():
        id_ = id_in(name, mine)
        if id_ is None:
            continue
        for send in (browser.get, browser.post):
            foreign, absent = (send(address(name, each), line.form or {}) for each in (id_, nobodys(id_)))
            is_same = (foreign.content, headers_of(foreign)) == (absent.content, headers_of(absent))
            told[name, send.__name__] = (foreign.status_code, is_same)

    refused = {(404, True), (405, True)}  # a page of facts takes no form, whosever row it names
    assert {name: answer for name, answer in told.items() if answer not in refused} == {}
    assert {answer for (_, verb), answer in told.items() if verb == "get"} == {(404, True)}
    assert len(told) >= 36
    assert rows_of(mine.organization) == before


@pytest.mark.parametrize("name", TAKING)
def test_a_form_that_an_admin_sends_is_taken(mine: Tenant, name: str) -> None:
    line = LINES[name]

    answer = signed_in_as(mine.admin).post(address(name, id_in(name, mine)), line.form or {})

    assert status_of(answer) == line.posted


def test_a_form_names_no_other_organization(mine: Tenant, theirs: Tenant) -> None:
    browser, before = signed_in_as(mine.admin), rows_of(theirs.organization)
    foreign = {"organization": theirs.slug, "organization_id": str(theirs.organization.id)}

    for name in TAKING:
        query = "?" + "&".join(f"{key}={value}" for key, value in foreign.items())
        answer = browser.post(
            address(name, id_in(name, mine)) + query, {**(LINES[name].form or {}), **foreign}
        )
        if answer.streaming:
            assert not theirs.is_in(answer.getvalue().decode())

    assert rows_of(theirs.organization) == before


def test_staff_who_look_see_what_the_admins_see(looking: Client, mine: Tenant, theirs: Tenant) -> None:
    assert opened(looking, mine) == {name: line.looking for name, line in LINES.items()}


def test_staff_who_look_see_no_other_organization(looking: Client, mine: Tenant, theirs: Tenant) -> None:
    answers = {
        name: looking.get(address(name, id_in(name, theirs))).status_code
        for name, line in LINES.items()
        if id_in(name, theirs) is not None
    }

    assert set(answers.values()) == {403, 404}
    assert {answers[name] for name in answers if LINES[name].looking == 200} == {404}


def test_staff_who_look_change_nothing(looking: Client, mine: Tenant) -> None:
    before = rows_of(mine.organization)

    answers = opened(looking, mine, post=True)

    taken = {name: status for name, status in answers.items() if status not in {403, 405}}
    assert taken == {**dict.fromkeys(["export_log", "search"], 200), **added_pages(answers)}
    assert {answers[name] for name in TAKING if name != "export_log"} == {403}
    assert rows_of(mine.organization) == before


def added_pages(answers: dict[str, int]) -> dict[str, int]:
    """Return the answers of Django's pages to add a row, which are not there."""
    return {name: 404 for name in answers if LINES[name] == ADDING}


@pytest.mark.parametrize("name", TAKING)
def test_a_form_from_another_site_is_refused(mine: Tenant, name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(mine.admin, backend="accounts.backends.OperatorBackend")

    assert browser.post(address(name, id_in(name, mine)), LINES[name].form or {}).status_code == 403


def test_the_staff_console_stays_closed(mine: Tenant) -> None:
    browser = signed_in_as(mine.admin)
    urls = ["/admin/", "/admin/accounts/organization/", f"/admin/people/{mine.ids['accounts_operator']}/end/"]

    assert {browser.get(url)["Location"].partition("?")[0] for url in urls} == {"/admin/login/"}


def test_what_is_not_there_is_not_there(mine: Tenant) -> None:
    browser = signed_in_as(mine.admin)
    urls = [
        "/console/nowhere/",
        "/console/accounts/organization/",
        "/console/autocomplete/",
        "/console/r/1/2/",
    ]

    assert {browser.get(url).status_code for url in urls} == {404}
