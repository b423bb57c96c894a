"""What an entry of the log says in a sentence: a table of actions, no chain of ifs."""

import re

from provisioning.models import Action, LogStatus, ProvisioningLogEntry

NOBODY = "something unnamed"
ENTRA = "Entra"
OUR_HOUSE = "Hootsuite"
BLANK = re.compile(r"\{(\w+)\}")

# What was done, and what was to be done; {it} is the object.
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
    LogStatus.SUCCESS: "{who} {did}.",
    LogStatus.WARNING: "{who} {did}, with a warning.",
    LogStatus.SKIPPED: "{who} asked to {do}; nothing was to be changed, so it was skipped.",
    LogStatus.FAILURE: "{who} tried to {do}, and was refused with HTTP {http}.",
}


def sentence_of(entry: ProvisioningLogEntry) -> str:
    """Return what happened, such as “Entra deleted user amelie”, and a full stop."""
    did, do = DONE[Action(entry.action)]
    ending = ENDINGS[LogStatus(entry.status)].replace("{did}", did).replace("{do}", do)
    facts = {
        "who": who_did(entry),
        "it": thing_of(entry),
        "http": f"{entry.http_status} {entry.scim_type}".strip(),
    }
    # In one go, for a name may hold braces.
    return BLANK.sub(lambda blank: facts[blank[1]], ending)


def who_did(entry: ProvisioningLogEntry) -> str:
    """Return who caused an entry: Entra, or a person of ours by hand."""
    return f"{entry.personal['by']} of {OUR_HOUSE}" if entry.personal.get("by") else ENTRA


def thing_of(entry: ProvisioningLogEntry) -> str:
    """Return the object of an entry, by its kind and name."""
    name = entry.personal.get("target") or entry.personal.get("source") or ""
    return f"{entry.resource_type.lower()} {name}".strip() or NOBODY
