"""How the API spells: names in camelCase, as SCIM and Microsoft Graph do, and times in UTC."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.fields import Field

from accounts.clock import timestamp


def camel(name: str) -> str:
    """Return a name as the API spells it.

    >>> camel("last_used_at")
    'lastUsedAt'
    """
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


class Shape(serializers.Serializer[Any]):
    """A serializer whose fields are called in camelCase outside and in snake_case here.

    As a body it takes no name that it does not know: one that is misspelt would be ignored in silence.
    """

    def get_fields(self) -> dict[str, Field[Any, Any, Any, Any]]:
        """Return the fields by their names outside."""
        fields = super().get_fields()
        for name, field in fields.items():
            if isinstance(field, serializers.SerializerMethodField):
                field.method_name = f"get_{name}"
            elif field.source is None and camel(name) != name:
                field.source = name
        return {camel(name): field for name, field in fields.items()}

    def to_internal_value(self, data: Any) -> Any:
        """Return the values of a body. Raises: ValidationError for an unknown name."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return super().to_internal_value(data)


CONTROL = r"\x00-\x1f\x7f-\x9f"
ONE_LINE = RegexValidator(
    rf"^[^{CONTROL}]*\Z", "It holds a line break or another character that can't be seen."
)
VISIBLE = RegexValidator(rf"^[^{CONTROL}]*[^{CONTROL}\s][^{CONTROL}]*\Z", "It shows nothing.")


class Line(serializers.CharField):
    """A text of one line; one that may not be blank shows something."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(ONE_LINE if self.allow_blank else VISIBLE)

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises: ValidationError unless it is a string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number, as JSON writes one."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number. Raises: ValidationError for a text that looks like one."""
        is_whole = isinstance(data, float) and data.is_integer()  # 9.0 is one in JSON Schema
        if not is_whole and (not isinstance(data, int) or isinstance(data, bool)):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class Switch(serializers.BooleanField):
    """True or false, as JSON writes them."""

    def to_internal_value(self, data: Any) -> bool:
        """Return which. Raises: ValidationError for a text that looks like one."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Moment(serializers.DateTimeField):
    """A time in UTC, to the millisecond, as Microsoft Graph writes it."""

    def to_representation(self, value: Any) -> str:
        """Return the time as text."""
        return timestamp(value)
