"""Which role may do what: one table, read by every page."""

from django.db import models


class Role(models.TextChoices):
    """What an operator is to us. The first three are Hootsuite's own staff."""

    OWNER = "owner", "Owner"
    CSM = "csm", "Customer success manager"
    SUPPORT = "support", "Support"
    ORGANIZATION_ADMIN = "organization_admin", "Organization admin"


class Ability(models.TextChoices):
    """Something a page lets a person do."""

    VIEW = "view", "See organizations, members, tokens and logs"
    CREATE_ORGANIZATION = "create_organization", "Create an organization"
    ISSUE_TOKENS = "issue_tokens", "Issue and rotate tokens"
    REVOKE_TOKENS = "revoke_tokens", "Revoke tokens"
    REQUEST_TOKENS = "request_tokens", "Ask the CSM for a token"
    SWITCH_PROVISIONING = "switch_provisioning", "Turn provisioning on and off"
    CHANGE_ORGANIZATION = "change_organization", "Change an organization's settings"
    MANAGE_NOTIFICATIONS = "manage_notifications", "Say who gets which mails, and send them again"
    MANAGE_WEBHOOKS = "manage_webhooks", "Say which of an organization's systems hear of events"
    MANAGE_PEOPLE = "manage_people", "Invite an organization's admins and end their sign-in"
    MANAGE_API_KEYS = "manage_api_keys", "Issue and revoke an organization's API keys"
    MANAGE_STAFF_KEYS = "manage_staff_keys", "Issue and revoke API keys that reach every organization"
    MANAGE_STAFF = "manage_staff", "Invite Hootsuite's staff and end their sign-in"
    BREAK_GLASS = "break_glass", "Deactivate or restore a member by hand"
    VIEW_AS = "view_as", "See an organization's console as its admins see it"


STAFF_ROLES = frozenset({Role.OWNER, Role.CSM, Role.SUPPORT})
LOOKING = frozenset({Ability.VIEW})

ABILITIES: dict[Role, frozenset[Ability]] = {
    Role.OWNER: frozenset(Ability) - {Ability.REQUEST_TOKENS},
    Role.CSM: frozenset(Ability) - {Ability.REQUEST_TOKENS, Ability.MANAGE_STAFF, Ability.MANAGE_STAFF_KEYS},
    Role.SUPPORT: LOOKING | {Ability.VIEW_AS},
    Role.ORGANIZATION_ADMIN: LOOKING
    | {
        Ability.REVOKE_TOKENS,
        Ability.REQUEST_TOKENS,
        Ability.MANAGE_NOTIFICATIONS,
        Ability.MANAGE_PEOPLE,
        Ability.MANAGE_API_KEYS,
        Ability.MANAGE_WEBHOOKS,
    },
}
