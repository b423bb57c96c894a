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
    MANAGE_TOKENS = "manage_tokens", "Issue, rotate and revoke tokens"
    SWITCH_PROVISIONING = "switch_provisioning", "Turn provisioning on and off"
    CHANGE_ORGANIZATION = "change_organization", "Change an organization's settings"
    MANAGE_NOTIFICATIONS = "manage_notifications", "Say who gets which mails, and send them again"
    MANAGE_OPERATORS = "manage_operators", "Create operators and end their sign-in"


STAFF_ROLES = frozenset({Role.OWNER, Role.CSM, Role.SUPPORT})

ABILITIES: dict[Role, frozenset[Ability]] = {
    Role.OWNER: frozenset(Ability),
    Role.CSM: frozenset(Ability) - {Ability.MANAGE_OPERATORS},
    Role.SUPPORT: frozenset({Ability.VIEW}),
    Role.ORGANIZATION_ADMIN: frozenset({Ability.VIEW}),
}
