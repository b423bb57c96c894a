"""Why an operation on organizations, operators, members or teams was refused. No HTTP here."""

from django.db import IntegrityError


class AccountsError(Exception):
    """An operation was refused; the message is a sentence for the person who asked."""


class SlugTaken(AccountsError):
    """Another organization has this slug."""


class UnknownOrganization(AccountsError):
    """No organization has this slug."""


class InvalidValue(AccountsError):
    """A value can't be stored: empty where it may not be, or malformed."""


class EmailTaken(AccountsError):
    """Another operator signs in with this address."""


class UserNameTaken(AccountsError):
    """Another member of the organization has this userName, whatever its spelling."""


class DisplayNameTaken(AccountsError):
    """Another team of the organization has this displayName, whatever its spelling."""


class UnknownMembers(AccountsError):
    """Some ids are no members of the organization."""


class NothingToRestore(AccountsError):
    """The deleted member is kept no longer, or was no member."""


class ChangedMeanwhile(AccountsError):
    """Another transaction changed what this one had read: roll back and try again."""


def violated(error: IntegrityError, *, constraint: str, columns: str) -> bool:
    """Whether the database refused a row for one unique constraint.

    PostgreSQL names the constraint, SQLite the columns ("table.column, table.column").
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return bool(diagnosis.constraint_name == constraint)
    return columns in str(error)
