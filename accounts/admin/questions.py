"""What a list can be asked for: a small form above it that works without script, by GET."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import Organization


class Question(forms.Form):
    """A list that can be asked for nothing. Its fields are all optional; what is wrong is ignored.

    `scope` is the organization in whose console it is asked; on the staff's there is none.
    """

    def __init__(self, data: Any = None, *, scope: Organization | None = None) -> None:
        super().__init__(data)
        self.scope = scope
        if scope is not None:
            self.fields.pop("organization", None)
        self.is_valid()

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that answer what was asked."""
        return rows

    def answer(self, name: str) -> Any:
        """Return what was asked in one field; nothing when it was left empty or makes no sense."""
        return self.cleaned_data.get(name) or None

    @property
    def whose(self) -> Organization | None:
        """The one organization whose rows can answer, if it is one."""
        return self.scope

    @property
    def is_asked(self) -> bool:
        """Whether anything was asked."""
        return any(self.cleaned_data.values())

    @property
    def unseen(self) -> list[str]:
        """Return what is asked in hidden fields, in words, so that the page can say so."""
        return [str(field.label) for field in self.hidden_fields() if self.answer(field.name)]


class OrganizationQuestion(Question):
    """Asks for the rows of one organization, by its slug; in an organization's own console it is always that."""

    organization = forms.SlugField(
        required=False,
        label="Organization (slug)",
        widget=forms.TextInput(
            attrs={"placeholder": "acme", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_organization(self) -> Organization | None:
        """Return the organization. Raises: ValidationError when there is none."""
        slug = self.cleaned_data["organization"]
        if not slug:
            return None
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise forms.ValidationError("There is no organization with this slug.")
        return organization

    @property
    def whose(self) -> Organization | None:
        """The organization that was named, or whose console this is."""
        named: Organization | None = self.scope or self.answer("organization")
        return named

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the organization's rows; none when there is no such organization."""
        if "organization" in self.errors:
            return rows.none()
        return rows.filter(organization=self.whose) if self.whose else rows


class NameQuestion(Question):
    """Asks for rows of which one of a few columns holds a text."""

    columns: tuple[str, ...] = ()

    q = forms.CharField(required=False, label="Search", widget=forms.SearchInput)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that hold the text, whatever its spelling."""
        rows, text = super().narrow(rows), self.answer("q")
        if not text:
            return rows
        condition = Q()
        for column in self.columns:
            condition |= Q(**{f"{column}__icontains": text})
        return rows.filter(condition)
