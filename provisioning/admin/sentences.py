"""What an entry of the log says in a sentence: a table of actions, no chain of ifs."""

from provisioning.models import Action, LogStatus, ProvisioningLogEntry

NOBODY = "something unnamed"

# What Entra did, and what it tried to do; {it} is the object.
DONE: dict[Action, tuple[str, str]] = {
    Action.CREATE: ("created {it}", "create {it}"),
    Action.UPDATE: ("updated {it}", "update {it}"),
    Action.DISABLE: ("disabled {it}", "disable {it}"),
    Action.RESTORE: ("restored {it}", "restore {it}"),
    Action.DELETE: ("deleted {it}", "delete {it}"),
    Action.TEST_CONNECTION: ("tested the connection", "test the connection"),
    Action.READ: ("read {it}", "read {it}"),
    Action.OTHER: ("sent a request", "send a request"),
}

ENDINGS: dict[LogStatus, str] = {
    LogStatus.SUCCESS: "Entra {did}.",
    LogStatus.WARNING: "Entra {did}, with a warning.",
    LogStatus.SKIPPED: "Entra asked to {do}; nothing was to be changed, so it was skipped.",
    LogStatus.FAILURE: "Entra tried to {do}, and was refused with HTTP {http}.",
}


def sentence_of(entry: ProvisioningLogEntry) -> str:
    """Return what happened, such as “Entra deleted user amelie”, and a full stop."""
    did, do = DONE[Action(entry.action)]
    http = f"{entry.http_status} {entry.scim_type}".strip()
    ending = ENDINGS[LogStatus(entry.status)].replace("{did}", did).replace("{do}", do)
    # The name comes last, for it may hold braces.
    return ending.replace("{http}", http).replace("{it}", thing_of(entry))


def thing_of(entry: ProvisioningLogEntry) -> str:
    """Return the object of an entry, by its kind and name."""
    name = entry.personal.get("target") or entry.personal.get("source") or ""
    return f"{entry.resource_type.lower()} {name}".strip() or NOBODY
