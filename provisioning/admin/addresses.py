"""The addresses of the pages that belong to no table. Their routes stand beside their views."""

from django.urls import reverse

from accounts.models import Organization
from provisioning.models import ScimToken


def issue_url(organization: Organization) -> str:
    """Return where a token is issued for an organization."""
    return reverse("admin:issue_token", args=[organization.id])


def switch_url(organization: Organization) -> str:
    """Return where an organization's provisioning is turned on and off."""
    return reverse("admin:switch_provisioning", args=[organization.id])


def rotate_url(token: ScimToken) -> str:
    """Return where a token is rotated."""
    return reverse("admin:rotate_token", args=[token.id])


def revoke_url(token: ScimToken) -> str:
    """Return where a token is revoked."""
    return reverse("admin:revoke_token", args=[token.id])


def secret_url(token: ScimToken) -> str:
    """Return where a new token's secret is shown once."""
    return reverse("admin:token_secret", args=[token.id])
