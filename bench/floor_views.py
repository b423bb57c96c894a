"""The views of the floor: the same rows written and the same bytes answered as by HootProv, and nothing else.

No validation, filter or PATCH grammar, tenancy check, precondition, entity tag, retry, refusal or group. The
token is looked up each time, by the ORM as everything here. A read is one SELECT; a write is one row and
one log entry in a transaction, and a PATCH and a DELETE lock and read the row before.
"""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts import clock
from accounts.keys import fold
from accounts.models import Member, ResourceKind, Tombstone
from provisioning.bearer import digest_of
from provisioning.logs import new_entry_id
from provisioning.models import Action, LogStatus, ProvisioningLogEntry, ScimToken
from provisioning.redaction import identity_key

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def users(request: HttpRequest) -> HttpResponse:
    """Answer `/Users`."""
    token = token_of(request)
    return create(request, token) if request.method == "POST" else match(request, token)


def user(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Answer `/Users/{id}`."""
    token = token_of(request)
    if request.method == "GET":
        return answer(resource(Member.objects.get(organization_id=token.organization_id, id=id_)))
    return (patch if request.method == "PATCH" else delete)(request, token, id_)


def token_of(request: HttpRequest) -> ScimToken:
    """Return the live token of a request."""
    digest = digest_of(request.META["HTTP_AUTHORIZATION"][len("Bearer ") :])
    return ScimToken.objects.get(digest=digest, revoked_at=None, expires_at__gt=clock.now())


def match(request: HttpRequest, token: ScimToken) -> HttpResponse:
    """Answer `userName eq "…"`."""
    name = request.GET["filter"].split('"')[1]
    found = Member.objects.filter(organization_id=token.organization_id, user_name_key=fold(name))
    resources = [resource(each) for each in found.order_by()]
    count = {"totalResults": len(resources), "startIndex": 1, "itemsPerPage": len(resources)}
    return answer({"schemas": [LIST], **count, "Resources": resources})


def create(request: HttpRequest, token: ScimToken) -> HttpResponse:
    """Create a user."""
    body, now = json.loads(request.body), clock.now()
    texts = {"display_name": body["displayName"], "given_name": body["name"]["givenName"]}
    texts |= {"family_name": body["name"]["familyName"], "timezone": body["timezone"]}
    texts |= {"preferred_language": body["preferredLanguage"]}
    other = {"emails": body["emails"]}
    member = Member(
        organization_id=token.organization_id,
        external_id=body["externalId"],
        user_name=body["userName"],
        user_name_key=fold(body["userName"]),
        work_email=body["emails"][0]["value"],
        work_email_key=fold(body["emails"][0]["value"]),
        other=other,
        folded={name: fold(text) for name, text in texts.items()} | other,
        created_at=now,
        modified_at=now,
        **texts,
    )
    said = [change(name, None, body[name]) for name in body if name not in {"schemas", "meta"}]
    with transaction.atomic():
        member.save(force_insert=True)
        log(request, token, member, action=Action.CREATE, status=201, modified=said)
    return answer(resource(member), status=201)


def patch(request: HttpRequest, token: ScimToken, id_: UUID) -> HttpResponse:
    """Replace displayName, active or the work e-mail."""
    operation = json.loads(request.body)["Operations"][0]
    with transaction.atomic():
        rows = Member.objects.filter(organization_id=token.organization_id)
        member = rows.select_for_update().get(id=id_)
        was_active = member.is_active
        member.version += 1
        member.modified_at = clock.now()
        columns, old = changed(member, operation["path"], operation["value"])
        member.save(update_fields=[*columns, "version", "modified_at"])
        modified = [change(operation["path"], old, operation["value"])]
        action = Action.UPDATE if member.is_active is was_active else Action.DISABLE
        log(request, token, member, action=action, status=200, modified=modified)
    return answer(resource(member))


def changed(member: Member, attribute: str, value: str) -> tuple[list[str], Any]:
    """Set an attribute; return the columns to write, and the old value."""
    if attribute == "active":
        old: Any = member.is_active
        member.is_active = value == "True"
        return ["is_active"], old
    if attribute == "displayName":
        old, member.display_name = member.display_name, value
        member.folded["display_name"] = fold(value)
        return ["display_name", "folded"], old
    old, member.work_email, member.work_email_key = member.work_email, value, fold(value)
    member.other["emails"][0]["value"] = value
    member.folded["emails"] = [member.other["emails"][0] | {"value": fold(value)}]
    return ["work_email", "work_email_key", "other", "folded"], old


def delete(request: HttpRequest, token: ScimToken, id_: UUID) -> HttpResponse:
    """Delete a user, leaving a tombstone."""
    with transaction.atomic():
        rows = Member.objects.filter(organization_id=token.organization_id, id=id_)
        member = rows.select_for_update().get()
        Tombstone.objects.create(
            id=id_,
            organization_id=token.organization_id,
            kind=ResourceKind.MEMBER,
            identity=member.user_name,
            snapshot={**resource(member), "folded": member.folded},
        )
        rows._raw_delete(rows.db)  # noqa: SLF001 - one DELETE, no collecting
        log(request, token, member, action=Action.DELETE, status=204, modified=[])
    return HttpResponse(status=204)


def change(name: str, old: Any, new: Any) -> dict[str, Any]:
    """Return what the log says of one attribute."""
    return {"displayName": name, "oldValue": old, "newValue": new}


def log(
    request: HttpRequest,
    token: ScimToken,
    member: Member,
    *,
    action: Action,
    status: int,
    modified: list[Any],
) -> None:
    """Write the log entry of a change."""
    now = clock.now()
    ProvisioningLogEntry.objects.create(
        id=new_entry_id(now),
        organization_id=token.organization_id,
        token_id=token.id,
        at=now,
        method=request.method or "",
        path=request.path,
        client_address=request.META["REMOTE_ADDR"],
        action=action,
        status=LogStatus.SUCCESS,
        resource_type="User",
        resource_id=member.id,
        identity_key=identity_key(member.user_name),
        personal={
            "source": member.external_id,
            "target": member.user_name,
            "modifiedProperties": modified,
        },
        http_status=status,
        duration_ms=1.0,
    )


def resource(member: Member) -> dict[str, Any]:
    """Return a member as a User, attribute by attribute as HootProv does."""
    return {
        "schemas": [USER],
        "id": str(member.id),
        "externalId": member.external_id,
        "userName": member.user_name,
        "displayName": member.display_name,
        "name": {"givenName": member.given_name, "familyName": member.family_name},
        "active": member.is_active,
        "preferredLanguage": member.preferred_language,
        "timezone": member.timezone,
        **member.other,
        "meta": {
            "resourceType": "User",
            "created": f"{member.created_at.isoformat(timespec='milliseconds')[:23]}Z",
            "lastModified": f"{member.modified_at.isoformat(timespec='milliseconds')[:23]}Z",
            "location": f"{settings.TENANT_URL}/Users/{member.id}",
            "version": f'W/"{member.version}"',
        },
    }


def answer(document: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a document as an answer."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(content, content_type="application/scim+json", status=status)


urlpatterns = [path("scim/v2/Users", users), path("scim/v2/Users/<uuid:id_>", user)]
