"""The console pages about organizations' connections, members, tokens, the log and the mails."""

from provisioning.admin import connections, log, mails, members, organizations, teams, token_forms, tokens

__all__ = ["connections", "log", "mails", "members", "organizations", "teams", "token_forms", "tokens"]
