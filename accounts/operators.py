"""Create operators and end their sign-in: the only writer of that table."""

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
