"""The addresses of the pages that belong to no table. Their routes stand beside their views."""

from django.urls import reverse

from accounts.models import Organization
from provisioning.models import Notification, Recipient, ScimToken


def issue_url(organization: Organization) -> str:
    """Return where a token is issued for an organization."""
    return reverse("admin:issue_token", args=[organization.id])


def switch_url(organization: Organization) -> str:
    """Return where an organization's provisioning is turned on and off."""
    return reverse("admin:switch_provisioning", args=[organization.id])


def settings_url(organization: Organization) -> str:
    """Return where an organization's settings are changed."""
    return reverse("admin:change_settings", args=[organization.id])


def add_recipient_url(organization: Organization) -> str:
    """Return where an organization gets another recipient of its mails."""
    return reverse("admin:add_recipient", args=[organization.id])


def recipient_url(what: str, recipient: Recipient) -> str:
    """Return where a recipient is changed, removed, asked again or sent a test ("change", "remove", "ask", "test")."""
    return reverse(f"admin:{what}_recipient", args=[recipient.organization_id, recipient.id])


def try_again_url(mail: Notification) -> str:
    """Return where a mail that was given up is tried again."""
    return reverse("admin:try_mail_again", args=[mail.id])


def rotate_url(token: ScimToken) -> str:
    """Return where a token is rotated."""
    return reverse("admin:rotate_token", args=[token.id])


def revoke_url(token: ScimToken) -> str:
    """Return where a token is revoked."""
    return reverse("admin:revoke_token", args=[token.id])


def secret_url(token: ScimToken) -> str:
    """Return where a new token's secret is shown once."""
    return reverse("admin:token_secret", args=[token.id])
