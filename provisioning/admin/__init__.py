"""The console pages about organizations' connections, cycles, members, tokens, the log and the mails."""

from provisioning.admin import (
    connections,
    cycles,
    log,
    mails,
    members,
    organization_settings,
    organizations,
    recipients,
    teams,
    token_forms,
    tokens,
)

__all__ = [
    "connections",
    "cycles",
    "log",
    "mails",
    "members",
    "organization_settings",
    "organizations",
    "recipients",
    "teams",
    "token_forms",
    "tokens",
]
