"""What every page of both consoles has in common. Deny by default: a page shows rows and changes none.

A page about a table is a `RowsPage`: a list, and each row as facts. Whatever changes something is a
`FormPage` beside it, which says what it will do, asks, and calls one operation. A page registered with
both consoles shows in an organization's own what exists there, and nothing else.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views import View
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin

from accounts.admin.access import found, may, organization_named, require, visible, visit_of
from accounts.admin.paging import Leaf, leaf_of
from accounts.admin.questions import Question
from accounts.admin.words import Button, Fact, Section, Tab, link
from accounts.errors import AccountsError
from accounts.models import Operator, Organization
from accounts.permissions import Ability

__all__ = [
    "Cells",
    "FormPage",
    "RowsPage",
    "SeeOther",
    "found",
    "framed",
    "list_url",
    "organization_named",
    "page_url",
    "row_url",
    "whose_facts",
]

KEPT_URLS = ("_changelist", "_add", "_change")
ROWS_PER_PAGE = 50
Cells = dict[str, str | SafeString]


class SeeOther(HttpResponseRedirect):
    """The answer to a form that did its work: a reload of what follows does not do it again."""

    status_code = 303


class RowsPage(ModelAdmin):  # type: ignore[misc]  # unfold carries no types
    """One table: its list, and each row as facts. Nobody adds, changes or deletes through it."""

    view_ability: ClassVar[Ability] = Ability.VIEW
    question_class: ClassVar[type[Question]] = Question
    related: ClassVar[tuple[str, ...]] = ()
    empty: ClassVar[str] = "There is nothing here yet."
    note: ClassVar[str] = ""
    tab: ClassVar[str] = ""
    searched_as: ClassVar[str] = ""
    search_rank: ClassVar[int] = 0
    icon: ClassVar[str] = "search"
    actions = None

    def has_view_permission(self, request: HttpRequest, _row: Model | None = None) -> bool:
        """Whether the role allows to look."""
        return may(request, self.view_ability)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the page is listed."""
        return may(request, self.view_ability)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, _request: HttpRequest, _row: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _row: Model | None = None) -> bool:
        """Refuse."""
        return False

    def get_urls(self) -> list[Any]:
        """Return the addresses of the list, the detail page and the add page: others do not exist."""
        return [each for each in super().get_urls() if (each.name or "").endswith(KEPT_URLS)]

    def add_view(self, request: HttpRequest, *_args: Any, **_options: Any) -> HttpResponseBase:
        """Refuse: a page that can add says how. Raises: Http404, after the role was asked."""
        require(request, self.view_ability)
        raise Http404

    def change_view(self, request: HttpRequest, object_id: str, **_options: Any) -> HttpResponseBase:
        """Show one row as facts. Raises: Http404 when there is none with this id."""
        return require_safe(self.facts_view)(request, object_id)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # noqa: ARG002 - Django's signature
        """Show the list."""
        return require_safe(self.list_view)(request)

    # The list

    def list_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show the rows that answer the question, newest first or as `ordering_for` says."""
        require(request, self.view_ability)
        question = self.question(request, request.GET)
        leaf = leaf_of(
            question.narrow(self.rows(request)),
            order=self.ordering_for(question),
            held=self.held_by(question),
            size=ROWS_PER_PAGE,
            query=request.GET,
        )
        context = {
            "title": self.list_title(),
            "question": question,
            "section": self.list_section(request, leaf),
            "older": self.turned(request, older=leaf.older),
            "newer": self.turned(request, newer=leaf.newer),
            "buttons": self.list_buttons(request, question),
            "saved": self.saved_questions(request, question),
        }
        return self.page(request, "console/list.html", context, whose=question.whose)

    def question(self, request: HttpRequest, data: Mapping[str, Any]) -> Question:
        """Return what is asked, by whom."""
        return self.question_class(data, scope=visit_of(request).organization)

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows that exist for whoever asks, with what a page names of them."""
        return visible(request, self.model._default_manager.select_related(*self.related))  # noqa: SLF001 - public in all but name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return what Django's own pages would find: the same."""
        return self.rows(request)

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order of the list, for which there is an index; the last column is unique."""
        return ("-id",)

    def held_by(self, _question: Question) -> tuple[str, ...]:
        """Return the columns that the question holds at one value and that an index of the order begins with."""
        return ()

    def list_title(self) -> str:
        """Return what the list is called."""
        return str(self.opts.verbose_name_plural).capitalize()

    def list_section(self, request: HttpRequest, leaf: Leaf) -> Section:
        """Return the table of a page of rows; the first cell leads to the row."""
        cells = [self.cells(request, row) for row in leaf.rows]
        return Section(
            title=self.list_title(),
            note=self.note,
            headers=list(cells[0]) if cells else [],
            rows=[
                [link(first, self.row_url(request, row)), *others]
                for row, (first, *others) in zip(leaf.rows, (each.values() for each in cells), strict=True)
            ],
            empty=self.empty,
        )

    def cells(self, _request: HttpRequest, row: Any) -> Cells:
        """Return what the list says of a row: header → cell, the same headers for every row."""
        return {str(self.opts.verbose_name).capitalize(): str(row)}

    def whose(self, request: HttpRequest, organization: Organization) -> Cells:
        """Return the cell that names a row's organization; in its own console there is none."""
        return {} if visit_of(request).organization else {"Organization": str(organization)}

    def list_buttons(self, _request: HttpRequest, _question: Question) -> list[Button]:
        """Return the ways on from the list that this person may take."""
        return []

    def saved_questions(self, _request: HttpRequest, _question: Question) -> list[Button]:
        """Return what is often asked of the list, each a link; the one that is asked is marked."""
        return []

    def turned(self, request: HttpRequest, **cursor: str) -> str:
        """Return the address of another page of the same question; nothing without a cursor."""
        if not any(cursor.values()):
            return ""
        asked = {
            name: value for name, value in request.GET.items() if name not in {"older", "newer"} and value
        }
        return f"?{urlencode(asked | cursor)}"

    def find(self, request: HttpRequest, term: str) -> QuerySet[Any]:
        """Return the rows that Ctrl-K finds."""
        question = self.question(request, {"q": term})
        return question.narrow(self.rows(request)).order_by(*self.ordering_for(question))

    # A row

    def facts_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show one row as facts."""
        require(request, self.view_ability)
        row = self.row(request, object_id)
        context = {
            "title": str(row),
            "heading": self.heading(row),
            "sections": self.sections(request, row),
            "buttons": self.buttons(request, row),
        }
        whose = row if isinstance(row, Organization) else getattr(row, "organization", None)
        return self.page(request, "console/facts.html", context, whose=whose)

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """Return a row by its id. Raises: Http404, for another organization's too."""
        try:
            key = self.opts.pk.to_python(object_id)
            row = self.rows(request).filter(pk=key).first()
        except (ValidationError, ValueError, OverflowError):
            row = None
        if row is None:
            raise Http404
        return row

    def heading(self, row: Any) -> str:
        """Return what the page says first."""
        return str(row)

    def sections(self, _request: HttpRequest, _row: Any) -> list[Section]:
        """Return the facts about a row."""
        return []

    def buttons(self, _request: HttpRequest, _row: Any) -> list[Button]:
        """Return the ways on from a row that this person may take."""
        return []

    def row_url(self, request: HttpRequest, row: Any) -> str:
        """Return the address of a row's page."""
        return row_url(request, row)

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, whose: Organization | None
    ) -> HttpResponseBase:
        """Return a page in this console's frame, with the tabs of the one organization it is about."""
        return framed(request, template, context, whose=whose, tab=self.tab)


class FormPage(View):
    """A page that changes something: says what it will do, asks, calls one operation, redirects."""

    http_method_names = ["get", "post", "options"]
    ability: ClassVar[Ability]
    form_class: ClassVar[type[forms.Form]] = forms.Form
    refusals: ClassVar[tuple[type[Exception], ...]] = (AccountsError,)
    tab: ClassVar[str] = ""
    operator: Operator
    organization: Organization | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **captured: Any) -> HttpResponseBase:
        """Ask the role, load what the page is about, and serve."""
        self.operator = require(request, self.ability)
        self.load(**captured)
        return super().dispatch(request, *args, **captured)

    def get(self, _request: HttpRequest, **_captured: Any) -> HttpResponseBase:
        """Ask."""
        return self.page(self.make_form())

    def post(self, request: HttpRequest, **_captured: Any) -> HttpResponseBase:
        """Do it, or say why not."""
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.page(form)
        try:
            return self.act(form)
        except self.refusals as refusal:
            form.add_error(None, ValidationError(str(refusal)))
            return self.page(form)

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form, empty or filled."""
        return self.form_class(data)

    def page(self, form: forms.Form) -> HttpResponseBase:
        """Return the page with the form on it."""
        context = {"form": form, **self.words()}
        return framed(self.request, "console/form.html", context, whose=self.organization, tab=self.tab)

    def load(self, **captured: UUID) -> None:
        """Load what the page is about. Raises: Http404."""

    def words(self) -> dict[str, Any]:
        """Return what the page says: title, intro (lines), submit, style, cancel_url."""
        raise NotImplementedError

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Do what was asked, and say where to go. Raises: one of the refusals."""
        raise NotImplementedError


def framed(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    whose: Organization | None = None,
    tab: str = "",
) -> HttpResponseBase:
    """Return a page in the frame of the console it is opened in, under the tabs of an organization."""
    visit = visit_of(request)
    tabs: list[Tab] = visit.site.tabs(request, whose) if whose else []
    frame = {
        **visit.site.each_context(request),
        "visit": visit,
        "tabs": tabs,
        "tab": tab,
        "tabs_of": whose if tabs else None,
    }
    return TemplateResponse(request, template, frame | context)


def whose_facts(request: HttpRequest, organization: Organization) -> list[Fact]:
    """Return the line that leads to a row's organization; in its own console there is none."""
    if visit_of(request).organization:
        return []
    return [Fact("Organization", link(str(organization), row_url(request, organization)))]


def list_url(request: HttpRequest, model: type[Model], **question: str) -> str:
    """Return the address of a table's list in this console, with what is asked of it."""
    url = reverse(f"admin:{table_of(model)}_changelist", current_app=visit_of(request).site.name)
    return f"{url}?{urlencode(question)}" if question else url


def row_url(request: HttpRequest, row: Model) -> str:
    """Return the address of a row's page in this console."""
    site = visit_of(request).site
    return reverse(f"admin:{table_of(type(row))}_change", args=[row.pk], current_app=site.name)


def page_url(request: HttpRequest, name: str, *arguments: Any) -> str:
    """Return the address of an added page in this console."""
    return reverse(f"admin:{name}", args=arguments, current_app=visit_of(request).site.name)


def table_of(model: type[Model]) -> str:
    """Return how Django's admin names a table in its addresses."""
    return model._meta.label_lower.replace(".", "_")  # noqa: SLF001 - public in all but name
