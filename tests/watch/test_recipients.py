"""Who hears what: admins and the CSM everything at once, added addresses once they have confirmed."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Operator, Organization
from accounts.organizations import change_organization
from provisioning import recipients
from provisioning.errors import InvalidRecipient
from provisioning.models import Delivery, EventKind, Notification, Recipient
from tests.factories import make_token
from tests.watch.world import World


def add(organization: Organization, address: str, **chosen: Any) -> Recipient:
    """Add a recipient of everything at once, or of what was chosen."""
    defaults: dict[str, Any] = {"kinds": recipients.EVERYTHING, "delivery": Delivery.AT_ONCE}
    return recipients.add_recipient(
        organization=organization,
        address=address,
        now=organization.created_at,
        **(defaults | chosen),
    )


def confirmed(organization: Organization, address: str, **chosen: Any) -> Recipient:
    """Add a recipient who has confirmed."""
    recipient = add(organization, address, **chosen)
    recipients.confirm(organization_id=organization.id, address=address, now=organization.created_at)
    return recipient


def hear_of_a_token(organization: Organization) -> list[str]:
    """Return who gets a mail when a token is issued."""
    Notification.objects.all().delete()
    make_token(organization)
    return list(Notification.objects.order_by("recipient").values_list("recipient", flat=True))


def test_admins_and_the_csm_hear_without_being_asked(
    acme: Organization, org_admin: Operator, csm: Operator
) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)

    assert hear_of_a_token(acme) == ["admin@acme.example", csm.email]


def test_nobody_hears_of_another_organization(
    acme: Organization, globex: Organization, org_admin: Operator
) -> None:
    confirmed(acme, "it@acme.example")

    assert hear_of_a_token(globex) == []


def test_an_added_address_hears_nothing_until_it_has_confirmed(acme: Organization) -> None:
    add(acme, "it@acme.example")
    [question] = Notification.objects.all()

    before = hear_of_a_token(acme)
    recipients.confirm(organization_id=acme.id, address="it@acme.example", now=acme.created_at)

    assert (question.kind, question.recipient) == ("confirm_recipient", "it@acme.example")
    assert (before, hear_of_a_token(acme)) == ([], ["it@acme.example"])


def test_an_address_hears_only_what_it_chose(acme: Organization) -> None:
    confirmed(acme, "it@acme.example", kinds=[str(EventKind.FAILURES)])

    assert hear_of_a_token(acme) == []


def test_an_operator_who_chose_is_asked_nothing_and_hears_what_they_chose(
    acme: Organization, org_admin: Operator
) -> None:
    add(acme, "Admin@Acme.example", kinds=[str(EventKind.FAILURES)])

    assert not Notification.objects.exists()
    assert hear_of_a_token(acme) == []


@pytest.mark.parametrize("address", ["it@acme.example", "admin@acme.example"])
def test_who_muted_the_mails_hears_no_more(acme: Organization, org_admin: Operator, address: str) -> None:
    confirmed(acme, "it@acme.example")
    before = hear_of_a_token(acme)

    for _ in range(2):
        recipients.mute(organization_id=acme.id, address=address, now=acme.created_at)

    assert before == ["admin@acme.example", "it@acme.example"]
    assert hear_of_a_token(acme) == [each for each in before if each != address]


def test_who_muted_the_mails_is_not_forgotten(acme: Organization) -> None:
    recipient = confirmed(acme, "it@acme.example")
    recipients.mute(organization_id=acme.id, address="it@acme.example", now=acme.created_at)
    recipient.refresh_from_db()

    with pytest.raises(InvalidRecipient, match=r"it@acme\.example has muted its mails\. It stays here"):
        recipients.remove(recipient)
    recipient.muted_at = None
    recipients.remove(recipient)

    assert not Recipient.objects.exists()


def test_an_address_is_asked_once_a_day_even_if_it_is_added_again(acme: Organization) -> None:
    for _ in range(3):
        recipients.remove(add(acme, "it@acme.example"))
    recipient = add(acme, "IT@acme.example")
    question = Notification.objects.get()

    with pytest.raises(InvalidRecipient, match="was asked within the last day"):
        recipients.ask(recipient, now=question.created_at + timedelta(hours=23))
    recipients.ask(recipient, now=question.created_at + timedelta(hours=24))

    assert Notification.objects.count() == 2


def test_an_address_that_the_question_did_not_reach_is_asked_again_at_once(acme: Organization) -> None:
    recipient = add(acme, "it@acme.example")
    Notification.objects.update(gave_up_at=acme.created_at)

    recipients.ask(recipient, now=acme.created_at + timedelta(minutes=1))

    assert Notification.objects.filter(gave_up_at=None).count() == 1


def test_who_is_the_csm_no_longer_hears_no_more(acme: Organization, csm: Operator) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)
    add(acme, csm.email)
    assert hear_of_a_token(acme) == [csm.email]

    change_organization(acme, time_zone="UTC", success_manager=None)

    assert hear_of_a_token(acme) == []


def test_an_address_that_never_confirmed_does_not_by_muting(acme: Organization) -> None:
    recipients.remove(add(acme, "it@acme.example"))

    recipients.mute(organization_id=acme.id, address="it@acme.example", now=acme.created_at)
    Recipient.objects.update(muted_at=None)

    assert hear_of_a_token(acme) == []


@pytest.mark.parametrize("has_chosen", [False, True])
def test_who_left_hears_no_more(acme: Organization, org_admin: Operator, has_chosen: bool) -> None:
    if has_chosen:
        add(acme, org_admin.email)
    assert hear_of_a_token(acme) == [org_admin.email]
    org_admin.is_active = False
    org_admin.save()

    assert hear_of_a_token(acme) == []


@pytest.mark.parametrize(
    ("address", "kinds", "refusal"),
    [
        ("it@acme", recipients.EVERYTHING, "This is no e-mail address."),
        ("it@acme.example\nBcc: x@y.example", recipients.EVERYTHING, "This is no e-mail address."),
        ("it@acme.example", [], "Choose at least one kind of event."),
        ("it@acme.example", ["gossip"], "Choose at least one kind of event."),
        ("IT2@acme.example", recipients.EVERYTHING, "IT2@acme.example is a recipient already."),
    ],
)
def test_what_cannot_be_told_is_refused(
    acme: Organization, address: str, kinds: list[str], refusal: str
) -> None:
    add(acme, "it2@acme.example")

    with pytest.raises(InvalidRecipient, match=refusal):
        add(acme, address, kinds=kinds)

    assert Recipient.objects.count() == Notification.objects.count() == 1


def test_a_removed_address_confirms_nothing(acme: Organization) -> None:
    recipients.remove(add(acme, "it@acme.example"))

    assert recipients.confirm(organization_id=acme.id, address="it@acme.example", now=acme.created_at) is None
    assert hear_of_a_token(acme) == []


def test_a_failure_is_told_to_everybody_who_hears_of_failures(world: World) -> None:
    confirmed(world.organization, "all@acme.example")
    confirmed(world.organization, "tokens@acme.example", kinds=[str(EventKind.TOKEN_ISSUED)])
    confirmed(world.organization, "daily@acme.example", delivery=Delivery.DAILY)

    world.cycle(failures=1)

    told = Notification.objects.filter(kind="failures").order_by("recipient")
    assert list(told.values_list("recipient", flat=True)) == ["admin@acme.example", "all@acme.example"]


def test_who_chose_every_kind_hears_of_a_kind_to_come_too(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    *kinds, to_come = EventKind
    with monkeypatch.context() as before:
        before.setattr(recipients, "EVERYTHING", kinds)
        confirmed(acme, "all@acme.example")
        confirmed(acme, "some@acme.example", kinds=kinds[1:])

    hear = [each.address for each in recipients.hearers_of(acme, to_come)]

    assert hear == ["all@acme.example"]


def test_what_was_chosen_kind_by_kind_is_every_kind_too(acme: Organization) -> None:
    recipient = add(acme, "it@acme.example", kinds=[str(EventKind.FAILURES)])

    recipients.change(
        recipient,
        kinds=recipients.EVERYTHING,
        delivery=Delivery.DAILY,
        is_muted=False,
        now=acme.created_at,
    )

    row = Recipient.objects.get()
    assert (row.chosen_kinds, row.kinds) == ([], recipients.EVERYTHING)
