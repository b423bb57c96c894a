"""Every address of the staff console, as everybody. An address added without a line here fails."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts import clock
from accounts.admin.sites import staff_site
from accounts.members import delete_member
from accounts.models import Operator, Organization, Team
from accounts.permissions import Role
from provisioning import recipients
from provisioning.models import AuditEvent, Delivery, Notification, ProvisioningCycle
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import SignedIn, signed_in_as

STAFF = {Role.OWNER, Role.CSM, Role.SUPPORT}
MANAGERS = {Role.OWNER, Role.CSM}
OWNERS = {Role.OWNER}

# Who may open it; the answer to them is a page, or the status beside it.
ALLOWED: dict[str, tuple[set[Role], int]] = {
    "index": (STAFF, 200),
    "search": (STAFF, 200),
    "password_change": (STAFF, 200),
    "accounts_organization_changelist": (STAFF, 200),
    "accounts_organization_add": (MANAGERS, 200),
    "accounts_organization_change": (STAFF, 200),
    "accounts_member_changelist": (STAFF, 200),
    "accounts_member_add": (STAFF, 404),
    "accounts_member_change": (STAFF, 200),
    "accounts_team_changelist": (STAFF, 200),
    "accounts_team_add": (STAFF, 404),
    "accounts_team_change": (STAFF, 200),
    "accounts_tombstone_changelist": (STAFF, 200),
    "accounts_tombstone_add": (STAFF, 404),
    "accounts_tombstone_change": (STAFF, 200),
    "accounts_operator_changelist": (MANAGERS, 200),
    "accounts_operator_add": (MANAGERS, 404),
    "accounts_operator_change": (MANAGERS, 200),
    "invite_person": (MANAGERS, 200),
    "invite_staff": (OWNERS, 200),
    "change_person": (MANAGERS, 200),
    "end_person": (MANAGERS, 200),
    "restore_person": (MANAGERS, 200),
    "send_person_link": (MANAGERS, 200),
    "provisioning_apikey_changelist": (STAFF, 200),
    "provisioning_apikey_add": (STAFF, 404),
    "provisioning_apikey_change": (STAFF, 200),
    "issue_api_key": (MANAGERS, 200),
    "issue_staff_api_key": (OWNERS, 200),
    "api_key_secret": (MANAGERS, 410),
    "revoke_api_key": (MANAGERS, 200),
    "provisioning_auditevent_changelist": (STAFF, 200),
    "provisioning_auditevent_add": (STAFF, 404),
    "provisioning_auditevent_change": (STAFF, 200),
    "notifications": (STAFF, 200),
    "provisioning_scimtoken_changelist": (STAFF, 200),
    "provisioning_scimtoken_add": (STAFF, 404),
    "provisioning_scimtoken_change": (STAFF, 200),
    "provisioning_provisioninglogentry_changelist": (STAFF, 200),
    "provisioning_provisioninglogentry_add": (STAFF, 404),
    "provisioning_provisioninglogentry_change": (STAFF, 200),
    "provisioning_provisioningcycle_changelist": (STAFF, 200),
    "provisioning_provisioningcycle_add": (STAFF, 404),
    "provisioning_provisioningcycle_change": (STAFF, 200),
    "provisioning_notification_changelist": (STAFF, 200),
    "provisioning_notification_add": (STAFF, 404),
    "provisioning_notification_change": (STAFF, 200),
    "issue_token": (MANAGERS, 200),
    "rotate_token": (MANAGERS, 200),
    "revoke_token": (MANAGERS, 200),
    "token_secret": (MANAGERS, 410),
    "token_live": (STAFF, 200),
    "export_log": (STAFF, 200),
    "deactivate_member": (MANAGERS, 200),
    "activate_member": (MANAGERS, 200),
    "restore_member": (MANAGERS, 200),
    "switch_provisioning": (MANAGERS, 200),
    "view_as": (STAFF, 200),
    "change_settings": (MANAGERS, 200),
    "add_recipient": (MANAGERS, 200),
    "change_recipient": (MANAGERS, 200),
    "remove_recipient": (MANAGERS, 200),
    "ask_recipient": (MANAGERS, 200),
    "test_recipient": (MANAGERS, 200),
    "try_mail_again": (MANAGERS, 200),
    "provisioning_webhookendpoint_changelist": (STAFF, 200),
    "provisioning_webhookendpoint_add": (STAFF, 404),
    "provisioning_webhookendpoint_change": (STAFF, 200),
    "provisioning_webhookdelivery_changelist": (STAFF, 200),
    "provisioning_webhookdelivery_add": (STAFF, 404),
    "provisioning_webhookdelivery_change": (STAFF, 200),
    "add_webhook": (MANAGERS, 200),
    "change_webhook": (MANAGERS, 200),
    "rotate_webhook": (MANAGERS, 200),
    "switch_webhook": (MANAGERS, 200),
    "remove_webhook": (MANAGERS, 200),
    "test_webhook": (MANAGERS, 200),
    "webhook_secret": (MANAGERS, 410),
    "try_delivery_again": (MANAGERS, 200),
}
CHANGING = [
    "issue_token",
    "rotate_token",
    "revoke_token",
    "switch_provisioning",
    "accounts_organization_add",
    "change_settings",
    "add_recipient",
    "change_recipient",
    "remove_recipient",
    "ask_recipient",
    "test_recipient",
    "try_mail_again",
]
OF_WEBHOOKS = ["try_delivery_again", *(each for each in ALLOWED if each.endswith("_webhook"))]
CHANGING_PEOPLE = [
    "invite_person",
    "invite_staff",
    "change_person",
    "end_person",
    "restore_person",
    "send_person_link",
]
OF_API_KEYS = ["issue_api_key", "issue_staff_api_key", "revoke_api_key"]
BY_HAND = ["deactivate_member", "activate_member", "restore_member"]
FORMS = [*CHANGING, *CHANGING_PEOPLE, *OF_API_KEYS, *OF_WEBHOOKS, *BY_HAND]
FOR_EVERYBODY = {"login", "logout"}

Address = Callable[[str], str]


def patterns(urls: list[URLPattern | URLResolver], prefix: str = "/admin/") -> Iterator[tuple[str, str]]:
    """Return the name and route of every address."""
    for each in urls:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, prefix + str(each.pattern))
        else:
            yield each.name or "", prefix + str(each.pattern)


ROUTES = dict(patterns(staff_site.urls[0]))


def make_recipients(acme: Organization) -> dict[str, UUID]:
    """Return a recipient to open each page with: one who has confirmed, and one who has not."""
    now = clock.now()
    asked, confirmed = (
        recipients.add_recipient(
            organization=acme,
            address=address,
            kinds=recipients.EVERYTHING,
            delivery=Delivery.AT_ONCE,
            now=now,
        )
        for address in ("asked@acme.example", "it@acme.example")
    )
    recipients.confirm(organization_id=acme.id, address=confirmed.address, now=now)
    return {
        "ask_recipient": asked.id,
        "change_recipient": confirmed.id,
        "remove_recipient": confirmed.id,
        "test_recipient": confirmed.id,
    }


def make_given_up_mail() -> Notification:
    """Return a mail that was given up."""
    mail = Notification.objects.order_by("id")[0]
    mail.gave_up_at = clock.now()
    mail.save()
    return mail


def make_webhook(acme: Organization) -> dict[str, Any]:
    """Return the ids of a webhook and of a delivery that was given up, by their pages."""
    webhook = factories.make_webhook(acme)
    delivery = factories.make_delivery(webhook)
    return {
        "provisioning_webhookendpoint_change": webhook.id,
        "provisioning_webhookdelivery_change": delivery.id,
    }


@pytest.fixture
def address(acme: Organization, acme_token: IssuedToken, org_admin: Operator, csm: Operator) -> Address:
    """Where an address is, with rows behind it."""
    factories.make_token(acme)
    key = factories.make_api_key(acme).key
    now, mail = clock.now(), make_given_up_mail()
    cycle = ProvisioningCycle.objects.create(organization=acme, started_at=now, last_seen_at=now)
    of_recipients = make_recipients(acme)
    member = factories.make_member(acme, "amelie@acme.example")
    gone = factories.make_member(acme, "gone@acme.example")
    delete_member(organization_id=acme.id, member_id=gone.id, now=now)
    ids = {
        "accounts_organization_change": acme.id,
        "accounts_member_change": member.id,
        "accounts_tombstone_change": gone.id,
        "accounts_team_change": Team.objects.create(
            organization=acme, display_name="S", display_name_key="s"
        ).id,
        "accounts_operator_change": org_admin.id,
        "provisioning_apikey_change": key.id,
        "provisioning_auditevent_change": AuditEvent.objects.order_by("id")[0].id,
        "provisioning_scimtoken_change": acme_token.token.id,
        "provisioning_provisioninglogentry_change": factories.make_entry(acme_token).id,
        "provisioning_provisioningcycle_change": cycle.pk,
        "provisioning_notification_change": mail.id,
        **make_webhook(acme),
    }

    def fill(name: str) -> str:
        route = ROUTES[name].replace("<path:object_id>", str(ids.get(name)))
        route = route.replace("<uuid:organization_id>", str(acme.id)).replace("<uuid:mail_id>", str(mail.id))
        route = route.replace("<uuid:webhook_id>", str(ids["provisioning_webhookendpoint_change"]))
        route = route.replace("<int:delivery_id>", str(ids["provisioning_webhookdelivery_change"]))
        route = route.replace("<uuid:recipient_id>", str(of_recipients.get(name)))
        route = route.replace("<uuid:person_id>", str(org_admin.id)).replace("<uuid:key_id>", str(key.id))
        route = route.replace("<uuid:member_id>", str(member.id)).replace("<uuid:tombstone_id>", str(gone.id))
        return route.replace("<uuid:token_id>", str(acme_token.token.id)).replace(
            r"^(?P<app_label>accounts|provisioning)/$", "accounts/"
        )

    return fill


def test_every_address_of_the_console_has_a_line_here() -> None:
    named = {name for name in ROUTES if name}

    assert named - FOR_EVERYBODY == set(ALLOWED)


def test_nobody_opens_any_without_signing_in(client: Client, address: Address) -> None:
    called = {(name, call): call(address(name)) for name in ALLOWED for call in (client.get, client.post)}
    sent = {key: answer.headers.get("Location", "").partition("?")[0] for key, answer in called.items()}

    assert sent == dict.fromkeys(called, "/admin/login/")


def test_an_org_admin_opens_none(org_admin: Operator, address: Address) -> None:
    client = signed_in_as(org_admin)
    sent = {name: client.get(address(name)).headers.get("Location", "").partition("?")[0] for name in ALLOWED}

    assert sent == dict.fromkeys(ALLOWED, "/admin/login/")


@pytest.mark.parametrize("role", sorted(STAFF))
def test_staff_open_what_their_role_allows(address: Address, role: Role) -> None:
    staff = signed_in_as(Operator.objects.filter(role=role).first() or factories.make_operator(role))
    answered = {name: staff.get(address(name)).status_code for name in ALLOWED}

    assert answered == {name: status if role in roles else 403 for name, (roles, status) in ALLOWED.items()}


def test_support_changes_nothing_by_sending_a_form(signed_in: SignedIn, address: Address) -> None:
    support = signed_in(Role.SUPPORT)
    form = {
        "label": "Entra",
        "lifetime_days": 1,
        "overlap_days": 0,
        "status": "off",
        "reason": "R",
        "name": "X",
        "slug": "x",
        "address": "x@acme.example",
        "kinds": ["failures"],
        "delivery": "daily",
        "time_zone": "UTC",
        "log_days": 90,
    }

    answered = {name: support.post(address(name), form).status_code for name in FORMS}

    assert answered == dict.fromkeys(FORMS, 403)


def test_a_form_from_another_page_is_refused(csm: Operator, address: Address) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(csm, backend="accounts.backends.OperatorBackend")

    answered = {name: client.post(address(name)).status_code for name in FORMS}

    assert answered == dict.fromkeys(FORMS, 403)


@pytest.mark.parametrize(("role", "offered"), [(Role.CSM, True), (Role.SUPPORT, False)])
def test_buttons_are_offered_to_whoever_may_press_them(address: Address, role: Role, offered: bool) -> None:
    browser = signed_in_as(Operator.objects.filter(role=role).first() or factories.make_operator(role))
    shown = [
        "accounts_organization_change",
        "provisioning_scimtoken_change",
        "accounts_organization_changelist",
        "provisioning_notification_change",
        "notifications",
    ]

    pages = "".join(browser.get(address(name)).text for name in shown)

    assert [f'href="{address(name)}"' in pages for name in CHANGING] == [offered] * len(CHANGING)


@pytest.mark.parametrize(("role", "listed"), [(Role.OWNER, True), (Role.SUPPORT, False)])
def test_the_menu_lists_people_for_whoever_manages_them(
    signed_in: SignedIn, role: Role, listed: bool
) -> None:
    page = signed_in(role).get("/admin/").text

    assert "/admin/provisioning/scimtoken/" in page
    assert ("/admin/accounts/operator/" in page) is listed
