"""What each answer must be. Every function returns the faults of one answer, none when it is right.

Knows status codes, media types, message shapes and that values come back exactly as sent; must not
know why a request was made or what happens next.
Source: RFC 7643 §3.1, RFC 7644 §3.4.2 and §3.12; Entra pages "Develop and plan provisioning for a
SCIM endpoint" and "Application provisioning in quarantine status".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from provisioning.management.entra.client import Answer
from provisioning.management.entra.people import ENTERPRISE, WORK_EMAIL, Attributes, Value

MEDIA_TYPE = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
NAMED_AT_MOST = 3
NO_ATTRIBUTES: Attributes = {}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong with an answer."""

    expected: str
    came: str

    def __str__(self) -> str:
        """Say it in one sentence."""
        return f"expected {self.expected}, but got {self.came}"


Faults = tuple[Fault, ...]


def discovery_faults(*, answer: Answer, is_list: bool) -> Faults:
    """Judge a discovery document, loosely: it is there, and a list is a list."""
    refused = status_faults(answer, {200})
    if refused or not is_list:
        return refused or type_faults(answer)
    content = as_object(answer.content)
    faults = [*type_faults(answer), *schema_faults(content, LIST_RESPONSE)]
    if not resources_of(answer):
        faults.append(Fault(expected="at least one element in Resources", came=shown(content)))
    return tuple(faults)


def empty_list_faults(*, answer: Answer) -> Faults:
    """Judge a query that nothing matches: 200 with an empty list; 404 would quarantine the job."""
    faults = list_faults(answer=answer)
    if faults:
        return faults
    found = as_object(answer.content).get("totalResults")
    if found != 0 or resources_of(answer):
        return (Fault(expected="totalResults 0 and an empty Resources", came=f"{found} results"),)
    return ()


def match_faults(*, answer: Answer, attribute: str, value: str, is_case_exact: bool) -> Faults:
    """Judge a matching query: no hit, or one whose attribute equals the value asked for."""
    faults = list_faults(answer=answer)
    resources = resources_of(answer)
    if faults or not resources:
        return faults
    if len(resources) > 1:
        remedy = f"at most one match, or Entra reports DuplicateTargetEntries for {attribute}"
        return (Fault(expected=remedy, came=f"{len(resources)} matches"),)
    found = str(value_at(resource=resources[0], path=attribute))
    is_hit = found == value if is_case_exact else found.casefold() == value.casefold()
    if is_hit:
        return ()
    return (Fault(expected=f"a match whose {attribute} is {value!r}", came=repr(found)),)


def hit_faults(*, answer: Answer, identifier: str, attributes: Attributes) -> Faults:
    """Judge what a query found that must find one known resource, with its values."""
    resources = resources_of(answer)
    if not resources:
        return (Fault(expected="the resource to be found by this filter", came="an empty list"),)
    faults = attribute_faults(resource=resources[0], attributes=attributes)
    found = resources[0].get("id")
    if found == identifier:
        return faults
    return (Fault(expected=f"the resource with id {identifier!r}", came=shown(found)), *faults)


def list_faults(*, answer: Answer) -> Faults:
    """Judge the shape of a ListResponse with 200; each of its resources needs an id."""
    refused = status_faults(answer, {200})
    if refused:
        return refused
    content = as_object(answer.content)
    faults = [*type_faults(answer), *schema_faults(content, LIST_RESPONSE)]
    faults.extend(
        Fault(expected=f"{name} as a number", came=shown(content.get(name)))
        for name in ("totalResults", "startIndex", "itemsPerPage")
        if type(content.get(name)) is not int
    )
    if not isinstance(content.get("Resources"), list):
        came = shown(content.get("Resources"))
        faults.append(Fault(expected="Resources as an array, also when it is empty", came=came))
    for resource in resources_of(answer):
        faults.extend(identifier_faults(resource))
    return tuple(faults)


def resource_faults(
    *,
    answer: Answer,
    statuses: Collection[int],
    schema: str,
    attributes: Attributes = NO_ATTRIBUTES,
) -> Faults:
    """Judge an answer that shows one resource, whose values are exactly as sent."""
    refused = status_faults(answer, statuses)
    if refused:
        return refused
    resource = as_object(answer.content)
    return (
        *type_faults(answer),
        *schema_faults(resource, schema),
        *identifier_faults(resource),
        *kind_faults(resource, schema),
        *attribute_faults(resource=resource, attributes=attributes),
    )


def created_faults(*, answer: Answer, schema: str, attributes: Attributes) -> Faults:
    """Judge the answer to a POST: 201, the resource, and its address in Location."""
    faults = resource_faults(answer=answer, statuses={201}, schema=schema, attributes=attributes)
    identifier = as_object(answer.content).get("id")
    location = answer.headers.get("location", "")
    if answer.status != 201 or not isinstance(identifier, str):
        return faults
    if location.startswith(("http://", "https://")) and location.endswith(f"/{identifier}"):
        return faults
    expected = "a Location header with the absolute address of the new resource"
    return (*faults, Fault(expected=expected, came=shown(location or None)))


def changed_faults(*, answer: Answer, schema: str, attributes: Attributes) -> Faults:
    """Judge the answer to a PATCH: 204 and nothing, or 200 and the resource as it is now."""
    if answer.status == 204:
        return nothing_faults(answer=answer)
    return resource_faults(answer=answer, statuses={200, 204}, schema=schema, attributes=attributes)


def nothing_faults(*, answer: Answer) -> Faults:
    """Judge an answer that has nothing to say: 204 without a body."""
    refused = status_faults(answer, {204})
    if not refused and answer.body:
        return (Fault(expected="no body with status 204", came=f"{len(answer.body)} bytes"),)
    return refused


def refusal_faults(*, answer: Answer, status: int, scim_type: str = "") -> Faults:
    """Judge a refusal that is due: its status, its error body and, where named, its scimType."""
    faults = status_faults(answer, {status})
    if faults:
        return faults
    came = as_object(answer.content).get("scimType")
    shape = error_faults(answer)
    if scim_type and came != scim_type:
        return (*shape, Fault(expected=f"scimType {scim_type!r}", came=shown(came)))
    return shape


def members_faults(*, answer: Answer, expected: Collection[str], may_have_more: bool) -> Faults:
    """Judge who is in a group; a group found on the server may have more members than ours."""
    found = member_ids(answer)
    missing = sorted(set(expected) - found)
    surplus = [] if may_have_more else sorted(found - set(expected))
    faults = []
    if missing:
        came = f"{len(found)} without {named(missing)}"
        faults.append(Fault(expected=f"all {len(expected)} members that belong", came=came))
    if surplus:
        came = f"{len(found)} with {named(surplus)} besides"
        faults.append(Fault(expected=f"no members but the {len(expected)} that belong", came=came))
    return tuple(faults)


def without_members_faults(*, answer: Answer) -> Faults:
    """Judge an answer to excludedAttributes=members: the resources must have no members at all."""
    content = as_object(answer.content)
    groups = resources_of(answer) if "Resources" in content else [content]
    if not any("members" in group for group in groups):
        return ()
    expected = "no members with excludedAttributes=members"
    return (Fault(expected=expected, came="an answer with members"),)


def attribute_faults(*, resource: Mapping[str, object], attributes: Attributes) -> Faults:
    """Compare a resource with the values it must show, by path; None means that nothing is set."""
    faults = []
    for path, value in attributes.items():
        found = value_at(resource=resource, path=path)
        if not is_same(found, value):
            expected = f"{path} to be {shown(value)}, exactly as sent"
            faults.append(Fault(expected=expected, came=shown(found)))
    return tuple(faults)


def is_same(found: object, value: Value) -> bool:
    """Tell whether a value came back as it was sent; a cleared one may be absent, null or empty."""
    if value is None:
        return found in (None, "", [], {})
    return type(found) is type(value) and found == value


def value_at(*, resource: Mapping[str, object], path: str) -> object:
    """Return the value at an attribute path of an Entra mapping, None when there is none."""
    if path == WORK_EMAIL:
        return work_email(resource)
    if path.startswith(f"{ENTERPRISE}:"):
        return as_object(resource.get(ENTERPRISE)).get(path.rpartition(":")[2])
    head, _, rest = path.partition(".")
    return as_object(resource.get(head)).get(rest) if rest else resource.get(head)


def work_email(resource: Mapping[str, object]) -> object:
    """Return the address of type work; two of them are returned as a list, which equals nothing."""
    emails = [as_object(email) for email in as_array(resource.get("emails"))]
    values = [email.get("value") for email in emails if email.get("type") == "work"]
    return values if len(values) > 1 else next(iter(values), None)


def status_faults(answer: Answer, statuses: Collection[int]) -> Faults:
    """Judge whether an answer came, and with one of these statuses."""
    wanted = " or ".join(str(status) for status in sorted(statuses))
    if answer.failure:
        return (Fault(expected=f"status {wanted}", came=answer.failure),)
    if answer.status not in statuses:
        fault = Fault(expected=f"status {wanted}", came=f"status {answer.status}")
        return (fault, *error_faults(answer))
    return ()


def error_faults(answer: Answer) -> Faults:
    """Judge the body of a refusal: Entra shows it to the admin, and a refusal must name itself."""
    if answer.status < 400:
        return ()
    content = as_object(answer.content)
    faults = [*type_faults(answer), *schema_faults(content, ERROR)]
    if content.get("status") != str(answer.status):
        expected = f'status "{answer.status}", as a string, in the error body'
        faults.append(Fault(expected=expected, came=shown(content.get("status"))))
    detail = content.get("detail")
    if not isinstance(detail, str) or not detail.strip():
        expected = "a detail in the error body that says what is wrong"
        faults.append(Fault(expected=expected, came=shown(detail)))
    return tuple(faults)


def type_faults(answer: Answer) -> Faults:
    """Judge the media type, and whether the body is the JSON object it announces."""
    faults = []
    if answer.media_type != MEDIA_TYPE:
        came = answer.media_type or "nothing"
        faults.append(Fault(expected=f"Content-Type {MEDIA_TYPE}", came=came))
    if not answer.is_json or not isinstance(answer.content, dict):
        came = "another JSON value" if answer.is_json else "a body that is no JSON"
        faults.append(Fault(expected="a JSON object", came=came))
    return tuple(faults)


def schema_faults(content: Mapping[str, object], schema: str) -> Faults:
    """Judge whether a message says what it is."""
    if schema in as_array(content.get("schemas")):
        return ()
    return (Fault(expected=f"schemas with {schema}", came=shown(content.get("schemas"))),)


def identifier_faults(resource: Mapping[str, object]) -> Faults:
    """Judge whether a resource has the id by which Entra remembers it."""
    identifier = resource.get("id")
    if isinstance(identifier, str) and identifier:
        return ()
    return (Fault(expected="an id on the resource", came=shown(identifier)),)


def kind_faults(resource: Mapping[str, object], schema: str) -> Faults:
    """Judge whether meta names the type of the resource."""
    kind = schema.rpartition(":")[2]
    came = as_object(resource.get("meta")).get("resourceType")
    return () if came == kind else (Fault(expected=f"meta.resourceType {kind!r}", came=shown(came)),)


def resources_of(answer: Answer) -> list[dict[str, object]]:
    """Return the resources of a list."""
    resources = as_array(as_object(answer.content).get("Resources"))
    return [as_object(resource) for resource in resources]


def member_ids(answer: Answer) -> set[str]:
    """Return who is in the group of an answer."""
    members = as_array(as_object(answer.content).get("members"))
    return {str(as_object(member).get("value")) for member in members}


def as_object(value: object) -> dict[str, object]:
    """Return a JSON object, an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_array(value: object) -> list[object]:
    """Return a JSON array, an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def shown(value: object) -> str:
    """Return a value as the report prints it."""
    return "nothing" if value is None else repr(value)


def named(identifiers: list[str]) -> str:
    """Return some identifiers, and how many more there are."""
    more = len(identifiers) - NAMED_AT_MOST
    return ", ".join(identifiers[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
