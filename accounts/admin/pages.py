"""What every page of a console has in common. Deny by default: a page shows rows and changes none.

A page about a table is a `StaffPage`: a list and a detail page of facts. Whatever changes something is
a `FormPage` beside it, which says what it will do, asks, and calls one operation.
"""

from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from accounts.admin.access import may, require
from accounts.admin.questions import AnsweredList, Question
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Section
from accounts.errors import AccountsError
from accounts.models import Operator
from accounts.permissions import Ability

Row = TypeVar("Row", bound=Model)
KEPT_URLS = ("_changelist", "_add", "_change")


class SeeOther(HttpResponseRedirect):
    """The answer to a form that did its work: a reload of what follows does not do it again."""

    status_code = 303


class StaffPage(ModelAdmin):  # type: ignore[misc]  # unfold carries no types
    """One table: its list, and each row as facts. Nobody adds, changes or deletes through it."""

    view_ability: ClassVar[Ability] = Ability.VIEW
    question_class: ClassVar[type[Question]] = Question
    empty: ClassVar[str] = "There is nothing here yet."
    change_list_template = "console/list.html"
    actions = None
    sortable_by = ()
    paginator = InfinitePaginator
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False

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

    def get_changelist(self, _request: HttpRequest, **_options: Any) -> type[AnsweredList]:
        """Return the list page."""
        return AnsweredList

    def add_view(self, request: HttpRequest, *_args: Any, **_options: Any) -> HttpResponseBase:
        """Refuse: a page that can add says how. Raises: Http404, after the role was asked."""
        require(request, self.view_ability)
        raise Http404

    def change_view(self, request: HttpRequest, object_id: str, **_options: Any) -> HttpResponseBase:
        """Show one row as facts. Raises: Http404 when there is none with this id."""
        return require_safe(self.facts_view)(request, object_id)

    def facts_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show one row as facts."""
        require(request, self.view_ability)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "heading": self.heading(row),
            "sections": self.sections(request, row),
            "buttons": self.buttons(request, row),
        }
        return TemplateResponse(request, "console/facts.html", context)

    def heading(self, row: Any) -> str:
        """Return what the page says first."""
        return str(row)

    def sections(self, _request: HttpRequest, _row: Any) -> list[Section]:
        """Return the facts about a row."""
        return []

    def buttons(self, _request: HttpRequest, _row: Any) -> list[Button]:
        """Return the ways on from a row that this person may take."""
        return []


class FormPage(View):
    """A page that changes something: says what it will do, asks, calls one operation, redirects."""

    http_method_names = ["get", "post", "options"]
    ability: ClassVar[Ability]
    form_class: ClassVar[type[forms.Form]]
    refusals: ClassVar[tuple[type[Exception], ...]] = (AccountsError,)
    operator: Operator

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

    def page(self, form: forms.Form) -> HttpResponse:
        """Return the page with the form on it."""
        context = {**staff_site.each_context(self.request), "form": form, **self.words()}
        return TemplateResponse(self.request, "console/form.html", context)

    def load(self, **captured: UUID) -> None:
        """Load what the page is about. Raises: Http404."""

    def words(self) -> dict[str, Any]:
        """Return what the page says: title, intro (lines), submit, style, cancel_url."""
        raise NotImplementedError

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Do what was asked, and say where to go. Raises: one of the refusals."""
        raise NotImplementedError


def found(model: type[Row], id_: UUID, *related: str) -> Row:
    """Return a row by its id, with its relations. Raises: Http404."""
    row = model._default_manager.select_related(*related).filter(pk=id_).first()  # noqa: SLF001 - public in all but name
    if row is None:
        raise Http404
    return row


def list_url(model: type[Model], **question: str) -> str:
    """Return the address of a table's list, with what is asked of it."""
    url = reverse(f"admin:{table_of(model)}_changelist")
    return f"{url}?{urlencode(question)}" if question else url


def row_url(row: Model) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{table_of(type(row))}_change", args=[row.pk])


def table_of(model: type[Model]) -> str:
    """Return how Django's admin names a table in its addresses."""
    return model._meta.label_lower.replace(".", "_")  # noqa: SLF001 - public in all but name
