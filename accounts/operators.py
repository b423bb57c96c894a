"""Create operators, end their sign-in and allow it again: the writer of that table, beside the deletion of a member."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.errors import EmailTaken, InvalidValue, violated
from accounts.keys import fold
from accounts.models import Operator, Organization
from accounts.permissions import STAFF_ROLES, Role
from accounts.texts import check_line

LONGEST_NAME = 200


def create_operator(
    *, email: str, name: str, role: Role, password: str | None, organization: Organization | None = None
) -> Operator:
    """Create a person who signs in; without a password they can't until they set one.

    Raises: InvalidValue for a malformed address, an empty name, a weak password, or a role that
    does not go with the organization; EmailTaken when somebody signs in with that address.
    """
    if (organization is None) != (role in STAFF_ROLES):
        message = "Staff have no organization, and an organization admin needs one."
        raise InvalidValue(message)
    operator = Operator(email=fold(email.strip()), name=name.strip(), role=role, organization=organization)
    validate(operator, password=password)
    operator.set_password(password)
    try:
        with transaction.atomic():
            operator.save(force_insert=True)
    except IntegrityError as error:
        if violated(error, constraint="accounts_operator_email_key", columns="accounts_operator.email"):
            message = f"{operator.email} signs in already."
            raise EmailTaken(message) from None
        raise
    return operator


def validate(operator: Operator, *, password: str | None) -> None:
    """Check what a person typed. Raises: InvalidValue with a sentence for each fault."""
    check_line("name", operator.name, longest=LONGEST_NAME)
    try:
        validate_email(operator.email)
        if password is not None:
            validate_password(password, user=operator)
    except ValidationError as error:
        raise InvalidValue(" ".join(error.messages)) from None


def set_password(operator: Operator, *, password: str) -> None:
    """Give a person a password. Raises: InvalidValue for a weak one."""
    validate(operator, password=password)
    operator.set_password(password)
    operator.save(update_fields=["password"])


def end_sign_in(operator: Operator, *, now: datetime) -> None:
    """Let a person in no more: every open session and every link in a mail is dead at once."""
    operator.is_active, operator.ended_at = False, now
    operator.save(update_fields=["is_active", "ended_at"])


def allow_sign_in(operator: Operator) -> None:
    """Let a person in again, by the password they had; what was ended stays so."""
    operator.is_active = True
    operator.save(update_fields=["is_active"])


def change_operator(operator: Operator, *, name: str, role: Role) -> None:
    """Set what a person is called, and their role. Raises: InvalidValue for a role of the other side."""
    if (role in STAFF_ROLES) != operator.is_staff:
        message = "Staff stay staff, and an organization's admins stay its admins: invite them anew."
        raise InvalidValue(message)
    operator.name, operator.role = name.strip(), role
    validate(operator, password=None)
    operator.save(update_fields=["name", "role"])
