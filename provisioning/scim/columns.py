"""Where the attributes of Users and Groups lie: in which column, or where in the JSON of a row.

The filters ask; `attributes` says the same the other way round, for whole resources.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from scim2_models.path import AttributeBinding

from accounts.models import Member
from provisioning.scim.errors import invalid_filter
from provisioning.scim.resources import (
    ENTERPRISE_SCHEMA,
    GROUP_SCHEMA,
    URN_PREFIX,
    USER_SCHEMA,
    EnterpriseUser,
    id_of,
)
from provisioning.scim.sql import FALSE, TRUE, Scalar, Sql, has_key, id_text

ID: Any = Member._meta.get_field("id")  # noqa: SLF001 - Django's documented model API


@dataclass(frozen=True)
class Columns:
    """The layout of one table. `columns` and `texts` go by field names of the resource classes."""

    schema: str
    table: str
    columns: dict[tuple[str, ...], Scalar]
    texts: dict[tuple[str, ...], str]
    related_sql: str

    def scalar(self, binding: AttributeBinding, *, is_truth: bool) -> Scalar:
        """Return the value of a single-valued attribute. Raises: ScimError invalid_filter."""
        path = (binding.field_name, *([binding.sub_field_name] if binding.sub_field_name else []))
        if path in self.columns:
            return self.columns[path]
        if path == ("id",):
            return IdScalar(Sql(id_text(f"{self.table}.id")), indexed=f"{self.table}.id")
        document, place = self.document(binding, is_exact=binding.case_exact)
        if path in self.texts:
            place = (self.texts[path],)
        elif binding.sub_field_name:
            place = (*place, wire_name(binding.field_type, binding.sub_field_name))
        return Scalar.within(document, place, is_truth=is_truth)

    def document(self, binding: AttributeBinding, *, is_exact: bool) -> tuple[Sql, tuple[str, ...]]:
        """Return the JSON that holds an attribute, as sent or folded, and where in it. Raises: ScimError."""
        if binding.field_name in ("meta", "schemas", "password"):
            raise invalid_filter(
                reason=f"{wire_name(binding.model, binding.field_name)} is not searched here"
            )
        column = "other" if is_exact else "folded"
        name = wire_name(binding.model, binding.field_name)
        place = (ENTERPRISE_SCHEMA, name) if binding.model is EnterpriseUser else (name,)
        return Sql(f"{self.table}.{column}"), place

    def has_schema(self, urn: str) -> Sql:
        """Return whether a resource says something of a schema: its own, or an extension."""
        urn = urn.lower()
        if urn == self.schema.lower():
            return Sql(TRUE)
        return has_key(Sql(f"{self.table}.other"), urn) if urn.startswith(URN_PREFIX) else Sql(FALSE)

    def related(self, attribute: str, operator: str, value: Any) -> Sql:
        """Return whether a membership with an id exists. Raises: ScimError invalid_filter."""
        if operator == "pr":
            return Sql(f"EXISTS ({self.related_sql})")
        if operator != "eq":
            raise invalid_filter(reason=f"{attribute} are found by “eq” alone")
        if value is None:
            return ~self.related(attribute, "pr", None)
        return self.related_where(self.is_with(attribute, value))

    def related_where(self, condition: Sql) -> Sql:
        """Return whether one membership fulfils a condition."""
        return Sql(f"EXISTS ({self.related_sql} AND ({condition.text}))", condition.parameters)

    def is_with(self, attribute: str, value: Any) -> Sql:
        """Return whether a membership is that with an id; what can't be an id is nobody's."""
        try:
            id_ = ID.get_db_prep_value(id_of(value), connection)
        except (ValueError, AttributeError, TypeError):
            return Sql(FALSE)
        return Sql(f"{'member_id' if attribute == 'members' else 'team_id'} = %s", (id_,))


class IdScalar(Scalar):
    """The id: compared as text, but found by its index where it is asked for whole."""

    def compare(self, operator: str, value: Any) -> Sql:
        """Return whether the id compares to a text."""
        try:
            id_ = id_of(value or "")
        except ValueError:
            return Sql(FALSE) if operator == "eq" and value is not None else super().compare(operator, value)
        if operator != "eq":
            return super().compare(operator, str(id_))
        return Sql(f"{self.indexed} = %s", (ID.get_db_prep_value(id_, connection),))


def wire_name(model: Any, field: str) -> str:
    """Return the name of a field of a resource class as it is written on the wire."""
    found = model.model_fields[field]
    return str(found.serialization_alias or found.alias or field)


def always(column: str) -> Scalar:
    """Return a column that is never empty."""
    return Scalar.column(column, is_always_there=True)


USER_COLUMNS = Columns(
    schema=USER_SCHEMA,
    table="accounts_member",
    columns={
        ("user_name",): always("accounts_member.user_name_key"),
        ("external_id",): Scalar.column("accounts_member.external_id"),
        ("active",): always("accounts_member.is_active"),
        ("meta", "resource_type"): Scalar(Sql("'User'")),
        ("meta", "created"): always("accounts_member.created_at"),
        ("meta", "last_modified"): always("accounts_member.modified_at"),
    },
    texts={
        ("display_name",): "display_name",
        ("name", "given_name"): "given_name",
        ("name", "family_name"): "family_name",
        ("preferred_language",): "preferred_language",
        ("timezone",): "timezone",
    },
    related_sql="SELECT 1 FROM accounts_teammembership WHERE member_id = accounts_member.id",
)
GROUP_COLUMNS = Columns(
    schema=GROUP_SCHEMA,
    table="accounts_team",
    columns={
        ("display_name",): always("accounts_team.display_name_key"),
        ("external_id",): Scalar.column("accounts_team.external_id"),
        ("meta", "resource_type"): Scalar(Sql("'Group'")),
        ("meta", "created"): always("accounts_team.created_at"),
        ("meta", "last_modified"): always("accounts_team.modified_at"),
    },
    texts={},
    related_sql="SELECT 1 FROM accounts_teammembership WHERE team_id = accounts_team.id",
)
