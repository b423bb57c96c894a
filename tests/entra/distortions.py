"""The ways in which an endpoint can answer wrongly: each takes a right reply and spoils it."""

import re
from dataclasses import replace
from typing import Any

from tests.entra.endpoint import Asked, Reply, refusal


def changed(reply: Reply, **content: Any) -> Reply:
    """Return a reply with other values in its body."""
    return replace(reply, content={**reply.content, **content})


def missing_as_404(_: Asked, reply: Reply) -> Reply:
    """Answer 404 where a filter finds nothing."""
    is_miss = reply.status == 200 and reply.content.get("totalResults") == 0
    return refusal(404, "Nothing was found.") if is_miss else reply


def resources_as_null(_: Asked, reply: Reply) -> Reply:
    """Answer null in place of an empty array."""
    is_miss = reply.status == 200 and reply.content.get("totalResults") == 0
    return changed(reply, Resources=None) if is_miss else reply


def total_as_text(_: Asked, reply: Reply) -> Reply:
    """Answer a number as a string."""
    return changed(reply, totalResults="0") if "totalResults" in (reply.content or {}) else reply


def plain_json(_: Asked, reply: Reply) -> Reply:
    """Answer with the media type of plain JSON."""
    return replace(reply, media_type="application/json")


def without_id(asked: Asked, reply: Reply) -> Reply:
    """Forget the id of what was created."""
    return changed(reply, id=None) if asked.method == "POST" else reply


def without_location(asked: Asked, reply: Reply) -> Reply:
    """Forget the address of what was created."""
    return replace(reply, headers={}) if asked.method == "POST" else reply


def small_display_name(_: Asked, reply: Reply) -> Reply:
    """Show names in lower case."""
    name = (reply.content or {}).get("displayName")
    return changed(reply, displayName=name.lower()) if name else reply


def worded_active(_: Asked, reply: Reply) -> Reply:
    """Show a boolean as a word."""
    return changed(reply, active="True") if "active" in (reply.content or {}) else reply


def crash(asked: Asked, reply: Reply) -> Reply:
    """Fail with a page of HTML."""
    page = Reply(status=500, content="<h1>Server Error</h1>", media_type="text/html")
    return page if asked.method == "POST" else reply


def hang_up(asked: Asked, reply: Reply) -> Reply:
    """Close the connection without an answer."""
    return Reply(status=0) if asked.method == "POST" else reply


def silent_refusal(asked: Asked, reply: Reply) -> Reply:
    """Refuse without saying why."""
    return refusal(400, " ") if asked.method == "POST" else reply


def numeric_status(asked: Asked, reply: Reply) -> Reply:
    """Refuse with a number where a string belongs."""
    return changed(refusal(400, "Bad."), status=400) if asked.method == "POST" else reply


def conflict_without_type(_: Asked, reply: Reply) -> Reply:
    """Refuse a duplicate without the scimType."""
    return refusal(409, "The userName is taken.") if reply.status == 409 else reply


def deleted_but_visible(asked: Asked, reply: Reply) -> Reply:
    """Answer a DELETE with a body and 200."""
    return Reply(status=200, content={}) if asked.method == "DELETE" else reply


def forgotten_changes(asked: Asked, reply: Reply) -> Reply:
    """Answer a PATCH as if it were stored, and read the old name again."""
    name = str((reply.content or {}).get("displayName"))
    is_forgotten = asked.method == "GET" and name.endswith(" (2)")
    return changed(reply, displayName=name.removesuffix(" (2)")) if is_forgotten else reply


def members_in_spite(asked: Asked, reply: Reply) -> Reply:
    """Show members though they are excluded."""
    return changed(reply, members=[]) if "/Groups/" in asked.path and reply.content else reply


def nobody_in_groups(asked: Asked, reply: Reply) -> Reply:
    """Lose every member, as a legacy removal does that is read by the letter."""
    return changed(reply, members=[]) if re.fullmatch(r"/Groups/\d+", asked.path) and reply.content else reply
