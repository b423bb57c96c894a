"""What the log can be asked for: days, an organization, and each single property of an entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet

from accounts.admin.questions import OrganizationQuestion
from accounts.admin.words import moment
from accounts.models import Organization
from provisioning import entries, problems
from provisioning.models import Action, LogStatus, ProvisioningCycle

MOST_ROWS = 2**63 - 1
GONE = "gone"
MORE = ("identity", "error_code", "request_id")
CODES = [
    (each.code, f"{each.status} {each.code}") for each in sorted(problems.EVERY, key=lambda each: each.status)
]
DAY = forms.DateInput({"type": "date"})


@dataclass(frozen=True)
class Part:
    """Some fields of a form, for a template that shows them as it shows a form's."""

    visible_fields: list[forms.BoundField]
    hidden_fields: list[forms.BoundField] = field(default_factory=list)
    non_field_errors: list[str] = field(default_factory=list)
    is_asked: bool = False


class LogQuestion(OrganizationQuestion):
    """Asks the log. `q` takes an identity, a request id or an error code, whichever it is."""

    since = forms.DateField(required=False, label="From day (UTC)", widget=DAY)
    until = forms.DateField(required=False, label="To day (UTC)", widget=DAY)
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *LogStatus.choices])
    action = forms.ChoiceField(required=False, choices=[("", "Any action"), *Action.choices])
    identity = forms.CharField(
        required=False,
        label="Identity",
        widget=forms.SearchInput({"placeholder": "userName or displayName", "autocapitalize": "none"}),
    )
    error_code = forms.ChoiceField(required=False, label="Error code", choices=[("", "Any or none"), *CODES])
    request_id = forms.UUIDField(required=False, label="Request id", widget=forms.SearchInput)
    resource = forms.UUIDField(required=False, widget=forms.HiddenInput, label="One member or team")
    cycle = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_ROWS, widget=forms.HiddenInput, label="One cycle"
    )
    field_order = [
        "since",
        "until",
        "organization",
        "status",
        "action",
        "identity",
        "error_code",
        "request_id",
    ]

    def __init__(self, data: Mapping[str, Any], *, scope: Organization | None = None) -> None:
        given = dict(data.items())
        text = str(given.pop("q", "")).strip()
        super().__init__(given | ({kind_of(text): text} if text else {}), scope=scope)

    def clean_cycle(self) -> ProvisioningCycle | None:
        """Return the cycle. Raises: ValidationError when it is another organization's, or kept no longer."""
        id_ = self.cleaned_data["cycle"]
        if not id_:
            return None
        cycles = ProvisioningCycle.objects.select_related("organization")
        cycle = cycles.filter(id=id_, **({"organization": self.scope} if self.scope else {})).first()
        if cycle is None:
            raise forms.ValidationError("There is no such cycle, or it is kept no longer.", code=GONE)
        return cycle

    @property
    def whose(self) -> Organization | None:
        """The one organization whose entries can answer: a cycle is of one too."""
        cycle: ProvisioningCycle | None = self.answer("cycle")
        return super().whose or (cycle.organization if cycle else None)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the entries that answer what was asked."""
        rows = rows.none() if self.has_error("cycle", GONE) else super().narrow(rows)
        if self.answer("request_id"):
            rows = rows.filter(id=self.answer("request_id"))
        for name, narrowed in self.conditions().items():
            rows = narrowed(rows, self.answer(name)) if self.answer(name) else rows
        return rows

    def conditions(self) -> dict[str, Any]:
        """Return what each field asks of the entries."""
        return CONDITIONS

    @property
    def order(self) -> tuple[str, ...]:
        """The order for which there is an index."""
        return entries.BY_TIME if self.whose else entries.BY_ID

    @property
    def first(self) -> Part:
        """The fields that are asked most, and the hidden ones."""
        visible = [each for each in self.visible_fields() if each.name not in MORE]
        gone = [str(error) for error in self.errors.get("cycle", [])]
        return Part(visible, self.hidden_fields(), gone)

    @property
    def more(self) -> Part:
        """The fields that are folded away while nothing is asked in them."""
        is_asked = any(self.answer(name) or name in self.errors for name in MORE)
        return Part([self[name] for name in MORE], is_asked=is_asked)

    @property
    def asked(self) -> dict[str, str]:
        """What is asked for, in words, by the names of the fields."""
        return {name: self.shown(name, self.answer(name)) for name in self.fields if self.answer(name)}

    @property
    def parameters(self) -> dict[str, str]:
        """What is asked for, as an address says it."""
        values = {name: self.answer(name) for name in self.fields if self.answer(name)}
        return {name: parameter_of(value) for name, value in values.items()}

    def shown(self, name: str, value: Any) -> str:
        """Return one answer in words."""
        asked = self.fields[name]
        if isinstance(value, ProvisioningCycle):
            return f"Cycle that began {moment(value.started_at)}"
        if name == "resource":
            return "One member or team"
        if isinstance(value, date):
            return f"{'From' if name == 'since' else 'To'} {value.isoformat()} (UTC)"
        labels = {"status": LogStatus.choices, "action": Action.choices, "error_code": CODES}.get(name, [])
        said = dict(labels).get(value, value)
        return f"{str(asked.label or name.capitalize()).removesuffix(' (slug)')}: {said}"


CONDITIONS: dict[str, Any] = {
    "since": entries.since,
    "until": entries.until,
    "status": entries.with_status,
    "action": entries.with_action,
    "identity": entries.about,
    "error_code": entries.with_error,
    "resource": entries.of_resource,
    "cycle": entries.of_cycle,
}


class PageQuestion(LogQuestion):
    """Asks for one page of the log, which begins with the column of a status or an action."""

    def conditions(self) -> dict[str, Any]:
        """Return the conditions, of which the column is held at one value."""
        return CONDITIONS | {name: partial(entries.held_at, column=name) for name in self.held}

    @property
    def held(self) -> tuple[str, ...]:
        """The first column of the index, where a status or an action is asked for."""
        return tuple(name for name in ("status", "action") if self.answer(name))[:1]


def kind_of(text: str) -> str:
    """Return which field a text is for: a request id, an error code, or else an identity."""
    try:
        UUID(text)
    except ValueError:
        return "error_code" if text in problems.BY_CODE else "identity"
    return "request_id"


def parameter_of(value: Any) -> str:
    """Return an answer as an address says it."""
    if isinstance(value, Organization):
        return value.slug
    return str(value.pk) if isinstance(value, ProvisioningCycle) else str(value)
