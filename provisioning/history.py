"""Write the history: who did what, when, from where and why, in the transaction of what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Operator, Organization
from provisioning.logs import new_entry_id
from provisioning.models import AuditEvent, AuditKind

LONGEST_SUBJECT = 400
LONGEST_REASON = 500
Changes = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Actor:
    """Who does something, and from which address."""

    name: str
    operator: Operator | None = None
    address: str | None = None

    @classmethod
    def of(cls, operator: Operator, *, address: str | None = None) -> "Actor":
        """Return an operator at work."""
        return cls(str(operator), operator, address)

    @property
    def shown(self) -> str:
        """What mails call them."""
        return self.operator.name if self.operator else self.name

    @property
    def name_of_no_operator(self) -> str:
        """What stands beside an empty column of an operator; empty for an operator."""
        return "" if self.operator else self.name


COMMAND_LINE = Actor("HootProv's command line")


def record(
    kind: AuditKind,
    *,
    by: Actor,
    now: datetime,
    organization: Organization | None = None,
    subject: object = "",
    reason: str = "",
    changes: Changes | None = None,
) -> AuditEvent:
    """Write what somebody did, inside the caller's transaction. `changes` are (name, old, new)."""
    details: dict[str, Any] = {"changes": [list(each) for each in changes]} if changes else {}
    return AuditEvent.objects.create(
        id=new_entry_id(now),
        organization=organization,
        at=now,
        kind=kind,
        operator=by.operator,
        actor=by.name,
        address=by.address,
        subject=str(subject)[:LONGEST_SUBJECT],
        reason=reason[:LONGEST_REASON],
        details=details,
    )
