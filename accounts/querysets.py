"""Reads of tenant-owned rows: always inside one organization, in a stable order."""

from typing import Self, TypeVar
from uuid import UUID

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class TenantQuerySet(models.QuerySet[Row]):
    """Rows that belong to an organization each."""

    def of_organization(self, organization_id: UUID) -> Self:
        """Return the rows of one organization, in the order of the model."""
        return self.filter(organization_id=organization_id)
