"""The people who sign in: invite, let in, end, allow again; and what a link in a mail lets somebody do.

Each operation is one transaction, with its line of the history and its mail. The links themselves are made
when a mail is rendered (`provisioning/emails.py`), so that none lies in the outbox.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts import operators
from accounts.keys import fold
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import history, links, outbox
from provisioning.errors import LinkIsDead, PersonStays, TooManyPeople, TooManyQuestions
from provisioning.history import Actor
from provisioning.models import AuditKind, ForgottenPassword, Notification

INVITATION, PASSWORD_RESET = "invitation", "password_reset"
KINDS_OF_MAIL = frozenset({INVITATION, PASSWORD_RESET})
MOST_PEOPLE = 200
STAFF = "Hootsuite’s staff"
ASKED_WITHIN = timedelta(hours=1)
MOST_OF_PERSON, MOST_OF_CLIENT = 3, 20


def invite(
    *,
    email: str,
    name: str,
    role: Role,
    organization: Organization | None,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> Operator:
    """Create a person, and send them the link by which they choose their password; why goes into the history.

    Raises: InvalidValue for a malformed address or name, or a role that does not go with the organization;
    EmailTaken (`accounts.errors`), which does not say by whom; TooManyPeople.
    """
    with transaction.atomic():
        person = created(email, name, role, organization, password=None)
        changes = [("role", "", role.label)]
        record(AuditKind.PERSON_INVITED, person, by=by, now=now, reason=reason.strip(), changes=changes)
        send_mail(INVITATION, person, by=by.shown, now=now)
    return person


def create(
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    organization: Organization | None,
    by: Actor,
    now: datetime,
) -> Operator:
    """Create a person with a password, without a mail. Raises: as `invite`, and InvalidValue for a weak password."""
    with transaction.atomic():
        person = created(email, name, role, organization, password=password)
        record(AuditKind.PERSON_CREATED, person, by=by, now=now, changes=[("role", "", role.label)])
    return person


def send_link(*, person: Operator, by: Actor, now: datetime) -> None:
    """Send an invited person their link again, or one who has joined a link to a new password. Raises: LinkIsDead."""
    if not person.may_sign_in:
        message = f"{person} may not sign in: allow it again first."
        raise LinkIsDead(message)
    with transaction.atomic():
        if person.has_joined:
            told = "A link to a new password was sent to them."
            record(AuditKind.PERSON_CHANGED, person, by=by, now=now, reason=told)
        else:
            record(AuditKind.PERSON_INVITED, person, by=by, now=now, reason="The link was sent again.")
        send_mail(kind_for(person), person, by=by.shown, now=now)


def set_password(
    *, person_id: UUID, purpose: str, token: str | None, password: str, address: str | None, now: datetime
) -> Operator:
    """Set the password of whoever holds a link; the link is used then. The person need not be signed in.

    Raises: LinkIsDead, also for the second of two at once; InvalidValue (`accounts.errors`) for a weak password.
    """
    with transaction.atomic():
        person = locked(person_id)
        if person is None or not links.PASSWORD_TOKENS[purpose].check_token(person, token):
            message = "This link was used already, or is too old."
            raise LinkIsDead(message)
        kind = AuditKind.PERSON_CHANGED if person.has_joined else AuditKind.PERSON_JOINED
        operators.set_password(person, password=password)
        by = Actor.of(person, address=address)
        record(kind, person, by=by, now=now, reason="By a link sent to their e-mail address.")
    return person


def change_password(*, person: Operator, password: str, by: Actor, now: datetime) -> None:
    """Set one's own password. Raises: InvalidValue (`accounts.errors`) for a weak one."""
    with transaction.atomic():
        operators.set_password(person, password=password)
        record(AuditKind.PERSON_CHANGED, person, by=by, now=now, reason="They changed their password.")


def ask_for_link(*, email: str, client: str | None, now: datetime) -> None:
    """Send a link to whoever forgot their password. An address that nobody signs in with gets none, and no word.

    Nor does one that had MOST_OF_PERSON within an hour. Raises: TooManyQuestions for a client that asked for
    more than MOST_OF_CLIENT, whatever it asked for.
    """
    key = salted_hmac("hootprov.forgotten", fold(email.strip()), algorithm="sha256").hexdigest()
    with transaction.atomic():
        ForgottenPassword.objects.filter(at__lte=now - ASKED_WITHIN).delete()
        if client and ForgottenPassword.objects.filter(client=client).count() >= MOST_OF_CLIENT:
            message = "Too many links were asked for from your network. Try again in an hour."
            raise TooManyQuestions(message)
        is_patient = ForgottenPassword.objects.filter(person=key).count() < MOST_OF_PERSON
        # What was not heeded does not count for the person, or others could keep them waiting for ever.
        ForgottenPassword.objects.create(at=now, person=key if is_patient else "", client=client)
        operator = Operator.objects.select_related("organization", "member").filter(email=fold(email.strip()))
        person = operator.first()
        if person is not None and person.may_sign_in and is_patient:
            send_mail(kind_for(person), person, by="", now=now)


def change(*, person: Operator, name: str, role: Role, by: Actor, now: datetime) -> None:
    """Set what a person is called, and their role.

    Raises: InvalidValue (`accounts.errors`); PersonStays for one's own role, and for the last Owner's.
    """
    with transaction.atomic():
        colleagues = colleagues_of(person)
        target = colleagues[person.id]
        before = [("name", target.name), ("role", Role(target.role).label)]
        if role != target.role:
            check_role_may_go(target, by, colleagues)
        operators.change_operator(target, name=name, role=role)
        after = [target.name, Role(target.role).label]
        changes = [(what, old, new) for (what, old), new in zip(before, after, strict=True) if old != new]
        if changes:
            record(AuditKind.PERSON_CHANGED, target, by=by, now=now, changes=changes)


def end(*, person: Operator, reason: str, by: Actor, now: datetime) -> None:
    """Let a person in no more, their open sessions included; twice is once.

    Raises: PersonStays for one's own sign-in, and for the last that can let others in.
    """
    with transaction.atomic():
        colleagues = colleagues_of(person)
        target = colleagues[person.id]
        if not target.is_active:
            return
        check_role_may_go(target, by, colleagues)
        operators.end_sign_in(target, now=now)
        record(AuditKind.PERSON_ENDED, target, by=by, now=now, reason=reason.strip())


def restore(*, person: Operator, by: Actor, now: datetime, reason: str = "") -> None:
    """Let a person in again, by the password they had; twice is once. The reason goes into the history."""
    with transaction.atomic():
        target = locked(person.id)
        if target is None or target.is_active:
            return
        operators.allow_sign_in(target)
        record(AuditKind.PERSON_RESTORED, target, by=by, now=now, reason=reason.strip())


def why_unwanted(notification: Notification) -> str:
    """Return in words why a person no longer needs a mail about their sign-in; nothing where they do."""
    if notification.kind not in KINDS_OF_MAIL:
        return ""
    person = Operator.objects.select_related("member").filter(pk=notification.context["operator"]).first()
    if person is None or not person.may_sign_in:
        return "Not sent: the person may not sign in any more."
    if notification.kind == INVITATION and person.has_joined:
        return "Not sent: the person has chosen a password already."
    return ""


# Inside a transaction


def created(
    email: str, name: str, role: Role, organization: Organization | None, *, password: str | None
) -> Operator:
    """Create a person. Raises: InvalidValue, EmailTaken, TooManyPeople."""
    if organization and Operator.objects.filter(organization=organization).count() >= MOST_PEOPLE:
        message = (
            f"An organization has {MOST_PEOPLE} people at most: end the sign-in of who needs none any more."
        )
        raise TooManyPeople(message)
    return operators.create_operator(
        email=email, name=name, role=role, password=password, organization=organization
    )


def locked(person_id: UUID) -> Operator | None:
    """Return a person, whom nobody else changes until the end of the transaction."""
    rows = Operator.objects.select_for_update(of=("self",)).select_related("organization", "member")
    return rows.filter(pk=person_id).first()


def colleagues_of(person: Operator) -> dict[UUID, Operator]:
    """Return everybody of a person's organization, or of the staff, locked: two can't end each other at once."""
    rows = Operator.objects.select_for_update(of=("self",)).select_related("organization", "member")
    return {each.id: each for each in rows.filter(organization=person.organization_id).order_by("id")}


def check_role_may_go(target: Operator, by: Actor, colleagues: dict[UUID, Operator]) -> None:
    """Check that somebody may end another's sign-in, or take their role. Raises: PersonStays."""
    doer = by.operator
    if doer is None:
        return
    if doer.id == target.id:
        message = "Nobody ends their own sign-in or changes their own role: ask somebody else to do it."
        raise PersonStays(message)
    if not colleagues.get(doer.id, doer).is_active:
        message = "Your own sign-in was ended meanwhile."
        raise PersonStays(message)
    same = [each for each in colleagues.values() if each.role == target.role and each.is_active]
    is_guarded = target.role == Role.OWNER or not doer.is_staff
    if is_guarded and target.is_active and len(same) <= 1:
        message = f"{target} is the last who can let others in: invite somebody else first."
        raise PersonStays(message)


def kind_for(person: Operator) -> str:
    """Return which link a person needs."""
    return PASSWORD_RESET if person.has_joined else INVITATION


def send_mail(kind: str, person: Operator, *, by: str, now: datetime) -> None:
    """Write a mail with a link, one a minute at most."""
    outbox.enqueue(
        organization_id=person.organization_id,
        kind=kind,
        event=f"{kind}:{person.id}:{now:%Y-%m-%dT%H:%M}",
        recipients=[person.email],
        context={
            "operator": str(person.id),
            "name": person.name,
            "organization": str(person.organization or STAFF),
            "role": Role(person.role).label,
            "by": by,
        },
    )


def record(
    kind: AuditKind,
    person: Operator,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    changes: history.Changes | None = None,
) -> None:
    """Write what was done to a person, in the history of their organization or of the staff."""
    history.record(
        kind, by=by, now=now, organization=person.organization, subject=person, reason=reason, changes=changes
    )
