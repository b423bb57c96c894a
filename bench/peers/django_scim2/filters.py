"""django-scim2's filter of groups, which knows no attribute by itself."""

from django_scim import filters


class GroupFilter(filters.GroupFilterQuery):  # type: ignore[misc]  # django-scim2 carries no types
    """Finds a group by its name, as Entra does."""

    attr_map = {("displayName", None, None): "name"}
