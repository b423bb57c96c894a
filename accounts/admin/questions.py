"""What a list can be asked for: a small form above it that works without script, by GET."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from accounts.models import Organization

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin


class Question(forms.Form):
    """A list that can be asked for nothing. Its fields are all optional; what is wrong is ignored."""

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that answer what was asked."""
        return rows

    def answer(self, name: str) -> Any:
        """Return what was asked in one field; nothing when it was left empty or makes no sense."""
        return self.cleaned_data.get(name) or None

    @property
    def unseen(self) -> list[str]:
        """Return what is asked in hidden fields, in words, so that the page can say so."""
        return [str(field.label) for field in self.hidden_fields() if self.answer(field.name)]


class OrganizationQuestion(Question):
    """Asks for the rows of one organization, by its slug."""

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

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the organization's rows; none when there is no such organization."""
        if "organization" in self.errors:
            return rows.none()
        organization = self.answer("organization")
        return rows.filter(organization=organization) if organization else rows


class NameQuestion(Question):
    """Asks for rows of which one of a few columns holds a text."""

    columns: tuple[str, ...] = ()

    q = forms.CharField(required=False, label="Search", widget=forms.SearchInput)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that hold the text, whatever its spelling."""
        text = self.answer("q")
        if not text:
            return rows
        condition = Q()
        for column in self.columns:
            condition |= Q(**{f"{column}__icontains": text})
        return rows.filter(condition)


class AnsweredList(ChangeList):  # type: ignore[misc]  # unfold carries no types
    """Django's list page, filtered by the page's question alone: no other parameter reaches a query."""

    question: Question

    def get_filters(self, request: HttpRequest) -> tuple[list[Any], bool, dict[str, Any], bool, bool]:
        """Read the question; there are no other filters."""
        self.question = self.model_admin.question_class(request.GET)
        self.question.is_valid()
        return [], False, {}, False, any(self.question.cleaned_data.values())

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Return the rows that answer the question."""
        return self.question_answered(super().get_queryset(request, exclude_parameters))

    def question_answered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of the rows that were asked for."""
        return self.question.narrow(rows)

    def get_ordering(self, request: HttpRequest, _rows: QuerySet[Any]) -> list[Any]:
        """Return the page's order, else the table's: no parameter may ask for one that no index serves."""
        page: ModelAdmin[Model] = self.model_admin
        return list(page.get_ordering(request) or self.lookup_opts.ordering)
