"""Every refusal of the SCIM service: one table, from which answers, log entries, pages and documents are made.

Entra shows `sentence` and `remedy` to the customer's admin word for word, so they say what is wrong and
what to do. `why` and `steps` say more, on the page of a log entry, also years after it was written: they
know the code alone. No HTTP is answered here, and nothing of django-scim2 is known.
Source: RFC 7644 §3.12 (Error responses), RFC 9865 §2.1; Entra's pages on provisioning errors and on quarantine.
"""

from typing import Any, Final

from provisioning.problem import NOT_ENTRA, Problem, error_body

CREDENTIALS: Final = "Provisioning > Admin Credentials"
MAPPINGS: Final = "Provisioning > Mappings"
NEW_TOKEN: Final = (
    "Ask your customer success manager for a new token and paste it into Secret Token under "
    f"{CREDENTIALS} in Entra, then press Test Connection."
)
ON_DEMAND: Final = "Send the same object again with Provision on demand, and see whether it goes through."
LATER: Final = "Nothing has to be changed: Entra tries the same object again by itself."
OUR_FAULT: Final = "If it lasts for more than an hour, send your customer success manager the request id."


# What Entra makes of an answer. Source: Entra's list of provisioning error codes; its page on quarantine.
CONSEQUENCES: Final[dict[int, str]] = {
    400: "Entra counts a failure of this object and tries it again after 6, 12 and 24 hours, then daily for 28 days.",
    401: "Entra takes its credentials for invalid and may put the whole job into quarantine.",
    403: "Entra counts a failure of every object it sends, and tries again in later cycles.",
    404: "Entra takes its link to this object for broken (InvalidAnchor) until it matches anew.",
    405: "Entra counts a failure (MethodNotAllowed) and tries again in later cycles.",
    409: "Entra counts a conflict (EntryConflict) of this object and goes on trying until one side is changed.",
    500: "Entra counts a failure (InternalServerError) and tries again in about 40 minutes.",
    501: "Entra counts a failure (NotImplemented).",
    503: "Entra counts a failure and tries again in about 40 minutes.",
}


def consequence_of(status: int) -> str:
    """Return what Entra makes of an answer, in a sentence; of one it has no word for, that it counts it."""
    return CONSEQUENCES.get(status, "Entra counts a failure of this object and tries again in later cycles.")


unauthorized = Problem(
    code="unauthorized",
    status=401,
    sentence="The bearer token is missing, unknown, expired or revoked.",
    remedy=NEW_TOKEN,
    why="The token that Entra sends opens no organization. To whoever calls, every kind of wrong token looks alike.",
    steps=(
        f"Open {CREDENTIALS} in Entra and paste a live token into Secret Token, whole and without spaces.",
        "Press Test Connection, then Save.",
        "If the job is in quarantine, choose Restart provisioning.",
    ),
)
token_revoked = Problem(
    code="token_revoked",
    status=401,
    sentence="The token was revoked.",
    remedy=NEW_TOKEN,
    why="Somebody ended this token for good; the History says who, when and why. Entra still sends it.",
    steps=(
        f"Paste another live token into Secret Token under {CREDENTIALS}, or ask for a new one.",
        "Press Test Connection, then Save.",
        "If the job is in quarantine, choose Restart provisioning.",
    ),
)
token_expired = Problem(
    code="token_expired",
    status=401,
    sentence="The token has expired.",
    remedy=NEW_TOKEN,
    why="The lifetime chosen when the token was issued is over. Mails told of it days before.",
    steps=token_revoked.steps,
)
provisioning_off = Problem(
    code="provisioning_off",
    status=403,
    sentence="Provisioning is turned off for your organization: {reason}",
    remedy="Nothing was changed. Ask your customer success manager to turn it on, then choose Restart "
    "provisioning in Entra.",
    why="Hootsuite's switch for your organization stands on Off. Members and teams stay as they were.",
    steps=(
        "Ask your customer success manager to turn provisioning on.",
        "Then choose Restart provisioning in Entra, so that what was refused meanwhile is sent again.",
        "If it is to stay off, set Provisioning Status to Off in Entra too: else Entra goes on counting failures.",
    ),
)
not_found = Problem(
    code="not_found",
    status=404,
    sentence="There is no such {resource} in your organization.",
    remedy="If Entra goes on asking for it, choose Restart provisioning there, so that it matches anew.",
    why="Entra named an id that was deleted here or never was. It remembers ids from its last match.",
    steps=(
        "Choose Restart provisioning: Entra forgets its ids, matches anew, and creates what is missing.",
        "If a member was deleted by mistake, your customer success manager can restore them for 30 days.",
    ),
)
no_such_endpoint = Problem(
    code="no_such_endpoint",
    status=404,
    sentence="There is nothing at this address.",
    remedy="Check the Tenant URL in Entra: it ends in /scim/v2, with nothing behind it.",
    why="The address that was called is none of SCIM's: most often the Tenant URL has a slip in it.",
    steps=(
        f"Compare the Tenant URL under {CREDENTIALS} with that of the set-up guide; a flag such as "
        "?aadOptscim062020 may follow it.",
        "Press Test Connection, then Save.",
    ),
)
method_not_allowed = Problem(
    code="method_not_allowed",
    status=405,
    sentence="{method} is not possible at this address; {allowed} are.",
    remedy="Check the attribute mappings and the provisioning actions in Entra.",
    why="The address is right, but such a request can't be made there.",
    steps=(
        f"Check Target Object Actions under {MAPPINGS}: Create, Update and Delete are possible.",
        NOT_ENTRA,
    ),
)
user_name_taken = Problem(
    code="user_name_taken",
    status=409,
    scim_type="uniqueness",
    sentence="Another user of your organization has this userName, whatever its spelling; it may be disabled.",
    remedy="Match on userName in Entra's attribute mappings, or give one of the two another user principal name.",
    why="A userName belongs to one member. Entra wanted to give it to a second one, because it did not match the first.",
    steps=(
        f"Under {MAPPINGS} > Users make userName the matching property (Match objects using this attribute: Yes, precedence 1).",
        "If two people in Entra really share the name, change the user principal name of one of them.",
        "If the member here is left over from before, find them under Members by the userName, and let Entra match them.",
        ON_DEMAND,
    ),
)
display_name_taken = Problem(
    code="display_name_taken",
    status=409,
    scim_type="uniqueness",
    sentence="Another group of your organization has this displayName, whatever its spelling.",
    remedy="Rename one of the two groups in Entra, or take one of them out of scope.",
    why="A team's name is unique in an organization, and Entra sends two groups with the same one.",
    steps=(
        "Rename one of the two groups in Entra, or unassign it from the application.",
        f"Under {MAPPINGS} > Groups match on displayName, so that a group that is here already is found.",
        ON_DEMAND,
    ),
)
unknown_member = Problem(
    code="unknown_member",
    status=400,
    scim_type="invalidValue",
    sentence="members can't be stored: one of them is no user of your organization.",
    remedy="Assign the member to the application too, so that Entra provisions them first; then the group follows.",
    why="Entra put somebody into a group who is not provisioned here, or no longer.",
    steps=(
        "Under Users and groups assign the member to the application, directly or through a group.",
        "See in this log whether the creation of that member failed, and mend that first.",
        "Nested groups are not followed by Entra: assign the inner group itself.",
    ),
)
invalid_value = Problem(
    code="invalid_value",
    status=400,
    scim_type="invalidValue",
    sentence="{attribute} can't be stored: {reason}.",
    remedy="Correct the value of the attribute in Entra, or its mapping under Provisioning > Mappings.",
    why="A value does not fit its attribute: too long, of another type, empty where it may not be, or not a single one.",
    steps=(
        "Look up the attribute named above in the user's or group's properties in Entra, and correct it.",
        f"If the value is right there, correct its mapping under {MAPPINGS}: often an expression makes it empty or doubles it.",
        ON_DEMAND,
    ),
)
mutability = Problem(
    code="mutability",
    status=400,
    scim_type="mutability",
    sentence="{attribute}: {reason}.",
    remedy="Take the attribute out of the mappings in Entra, or give it a value that is never empty.",
    why="The attribute can't be written so: it is read-only here, or can't be removed because every object needs it.",
    steps=(
        f"Under {MAPPINGS} delete the mapping of the attribute if it is read-only (such as id, meta or groups).",
        "If it was to be emptied, give the mapping a default value, or fill the property in Entra.",
        ON_DEMAND,
    ),
)
invalid_path = Problem(
    code="invalid_path",
    status=400,
    scim_type="invalidPath",
    sentence="{attribute} can't be changed: {reason}.",
    remedy="Correct the target attribute under Provisioning > Mappings in Entra.",
    why="A mapping names a target attribute that does not exist here, or not in this spelling.",
    steps=(
        f"Open {MAPPINGS}, find the target attribute named above, and choose one from the list or correct its spelling.",
        'Custom attributes need their whole name, such as emails[type eq "work"].value.',
        ON_DEMAND,
    ),
)
invalid_path_filter = Problem(
    code="invalid_path_filter",
    status=400,
    scim_type="invalidFilter",
    sentence="{attribute} can't be changed: {reason}.",
    remedy="Correct the filter in the target attribute under Provisioning > Mappings in Entra.",
    why="The part in brackets of a target attribute can't be understood.",
    steps=(
        f'Open {MAPPINGS} and write the target attribute as in emails[type eq "work"].value, with straight quotes.',
        ON_DEMAND,
    ),
)
no_target = Problem(
    code="no_target",
    status=400,
    scim_type="noTarget",
    sentence="{attribute} can't be changed: {reason}.",
    remedy="Correct the target attribute under Provisioning > Mappings in Entra.",
    why="The change is about a value, such as an e-mail address of one type, that the object does not have.",
    steps=(
        f"Check under {MAPPINGS} that the type in brackets is the one that Entra created, such as work.",
        "Choose Restart provisioning, so that Entra sends the object whole.",
    ),
)
too_many = Problem(
    code="too_many",
    status=400,
    scim_type="tooMany",
    sentence="{attribute} can't be changed: {reason}.",
    remedy="Send the change in several requests.",
    why="One change would touch more values than can be changed at once.",
    steps=(NOT_ENTRA, "Send the change in several requests."),
)
invalid_syntax = Problem(
    code="invalid_syntax",
    status=400,
    scim_type="invalidSyntax",
    sentence="{attribute} can't be read: {reason}.",
    remedy="Send a PatchOp message (RFC 7644 §3.5.2).",
    why="The change is not written as SCIM writes changes.",
    steps=(NOT_ENTRA, "If it is Entra, send your customer success manager the request id."),
)
invalid_json = Problem(
    code="invalid_json",
    status=400,
    scim_type="invalidSyntax",
    sentence="The body can't be read: {reason}.",
    remedy="Send one JSON object (RFC 7644 §3.3).",
    why="The body of the request is no JSON object, or it was cut off on its way.",
    steps=(LATER, "If it comes again, look for a proxy between that changes bodies; " + NOT_ENTRA),
)
invalid_filter = Problem(
    code="invalid_filter",
    status=400,
    scim_type="invalidFilter",
    sentence="The filter can't be answered: {reason}.",
    remedy="Match on userName, externalId or the work e-mail address in Entra's attribute mappings.",
    why="Entra searches for an object by the matching properties of the mappings, and one of them can't be searched by.",
    steps=(
        f"Under {MAPPINGS} let only userName, externalId or the work e-mail address be matching properties.",
        ON_DEMAND,
    ),
)
invalid_parameter = Problem(
    code="invalid_parameter",
    status=400,
    scim_type="invalidValue",
    sentence="{parameter} must be {form}.",
    remedy="Leave it out, or send it so (RFC 7644 §3.4.2).",
    why="A parameter in the address of the request makes no sense.",
)
invalid_cursor = Problem(
    code="invalid_cursor",
    status=400,
    scim_type="invalidCursor",
    sentence="The cursor is none of this list.",
    remedy="Begin with an empty cursor, and send each nextCursor as it was answered, with the same filter and at "
    "the same address.",
    why="A client walks through a list page by page, and named a page that this list does not have.",
)
expired_cursor = Problem(
    code="expired_cursor",
    status=400,
    scim_type="expiredCursor",
    sentence="The cursor is older than {limit} seconds.",
    remedy="Begin again with an empty cursor, and ask for the next page sooner.",
    why="A client walks through a list page by page, and waited too long between two of them.",
)
invalid_count = Problem(
    code="invalid_count",
    status=400,
    scim_type="invalidCount",
    sentence="Beside a cursor count must be a whole number of 1 or more.",
    remedy="Leave it out, or send it so (RFC 9865 §2).",
    why="A client walks through a list page by page, and asked for pages of no length.",
)
filter_forbidden = Problem(
    code="filter_forbidden",
    status=403,
    sentence="The description of this service can't be filtered.",
    remedy="Leave the filter out (RFC 7644 §4).",
    why="A filter was sent where the service describes itself.",
)
forged_host = Problem(
    code="forged_host",
    status=400,
    sentence="The Host header names a host that this service does not answer for.",
    remedy="Use the Tenant URL as your customer success manager gave it.",
    why="The request was sent to another name than that of the Tenant URL.",
    steps=(f"Compare the Tenant URL under {CREDENTIALS} with that of the set-up guide.",),
)
body_too_large = Problem(
    code="body_too_large",
    status=413,
    sentence="The body is larger than {limit} bytes.",
    remedy="Send fewer members or operations in one request.",
    why="The request was larger than this service takes. Entra's own stay far below.",
    steps=(
        NOT_ENTRA,
        f"If it is Entra, look under {MAPPINGS} for an attribute that holds a picture or a long text.",
    ),
)
address_too_long = Problem(
    code="address_too_long",
    status=414,
    sentence="The address is longer than {limit} bytes.",
    remedy="Use a shorter filter, or send it as POST to /.search.",
    why="The filter in the address was longer than this service takes.",
)
unsupported_media_type = Problem(
    code="unsupported_media_type",
    status=415,
    sentence="The body must be application/scim+json or application/json in UTF-8.",
    remedy="Set the Content-Type header of the client accordingly.",
    why="The request says that its body is something else than JSON.",
)
precondition_failed = Problem(
    code="precondition_failed",
    status=412,
    sentence="The resource has changed since the version that If-Match names.",
    remedy="Read it again and repeat the change, or send no If-Match.",
    why="Somebody else changed the object between the client's reading and its writing.",
    steps=(NOT_ENTRA, "Read the object again and repeat the change."),
)
already_there = Problem(
    code="already_there",
    status=412,
    sentence="The resource is there already, in a version that If-None-Match names.",
    remedy="Send the change without If-None-Match.",
    why="The client asked for the change only in case the object was not there, and it is.",
)
internal_error = Problem(
    code="internal_error",
    status=500,
    sentence="Something went wrong on our side, and nothing was changed.",
    remedy="Entra tries again by itself. If it lasts, tell your customer success manager the time.",
    why="A fault of ours, which is noted with the request id. Nothing of the request was kept.",
    steps=(LATER, OUR_FAULT),
)
not_implemented = Problem(
    code="not_implemented",
    status=501,
    sentence="This part of SCIM is not offered here.",
    remedy="ServiceProviderConfig says what is; Entra needs nothing else.",
    why="The client asked for /Me or /Bulk, which this service does not offer.",
)
unavailable = Problem(
    code="unavailable",
    status=503,
    sentence="The service is busy or its database can't be reached, and nothing was changed.",
    remedy="Entra tries again by itself; there is nothing to do.",
    why="Our database could not be reached, or too many changes of the same objects arrived at once.",
    steps=(LATER, OUR_FAULT),
)
log_unavailable = Problem(
    code="log_unavailable",
    status=503,
    sentence="The provisioning log can't be written, so nothing was changed.",
    remedy="Entra tries again by itself; there is nothing to do.",
    why="No change is made here without its entry in this log, and the entry could not be written.",
    steps=(LATER, OUR_FAULT),
)

EVERY: Final = tuple(each for each in list(globals().values()) if isinstance(each, Problem))
BY_CODE: Final = {each.code: each for each in EVERY}
LOGGED_ALONE: Final = frozenset({token_revoked.code, token_expired.code})


def answered(*, code: str, status: int, scim_type: str, detail: str) -> dict[str, Any]:
    """Return the error body that a logged refusal was answered with.

    Whoever sends a token of ours that was good once is told no more than whoever sends another.
    """
    told = unauthorized.detail if code in LOGGED_ALONE else detail
    return error_body(status=status, scim_type=scim_type, detail=told)
