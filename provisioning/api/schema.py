"""The OpenAPI document: what drf-spectacular finds, and what every operation has in common.

Loaded by `provisioning.api.docs`; drf-spectacular finds the extensions here once they are imported.
"""

import json
import re
from functools import cache
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from provisioning.api import problems
from provisioning.api.examples import EXAMPLES
from provisioning.api.problems import Problem

Schema = dict[str, Any]
PROBLEM: Final = "Problem"
ERROR: Final[Schema] = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {"type": "string"},
        "pointer": {"type": "string", "description": "Where in the body (RFC 6901)."},
        "parameter": {"type": "string", "description": "Which parameter of the query."},
    },
}
PROBLEM_SCHEMA: Final[Schema] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "remedy"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The address of what explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "remedy": {"type": "string", "description": "What to do."},
        "errors": {"type": "array", "items": ERROR},
    },
}
SLUG: Final = "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
LONGEST_TEXT: Final = 320
LARGEST_ID: Final = 2**63 - 1
# What the shapes are called in the document.
NAMES: Final = re.compile(r'((?:/schemas/|")(?:Paginated|Patched)?)(\w+?)Shape(List)?(?=")')
LINKED_FILE: Final = re.compile(r"\[([^\]]+)\]\([a-z]+\.md\)")
TAGS: Final = {
    "organizations": "Customers.",
    "connection": "Status, health and the switch.",
    "tokens": "What Entra calls with.",
    "log-entries": "What arrived, what it changed, why it was refused.",
    "cycles": "Entra's cycles, as seen from here.",
    "members": "Who is provisioned.",
    "teams": "And in which teams.",
    "recipients": "Who gets which mails.",
    "audit-events": "Who did what.",
    "webhooks": "Which of your own systems are told.",
    "webhook-deliveries": "What they were told, and what they answered.",
    "caller": "Who you are here.",
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's own
    """How an API key is sent."""

    target_class = "provisioning.api.callers.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, _auto_schema: Any) -> Schema:
        """Describe it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "hpk_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    """A browser that is signed in to a console."""

    target_class = "provisioning.api.callers.ConsoleSession"
    name = "session"

    def get_security_definition(self, _auto_schema: Any) -> Schema:
        """Describe it."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def finish(result: Schema, generator: Any, request: Any, public: bool) -> Schema:  # noqa: ARG001 - drf-spectacular's signature
    """Add to the document what every operation has in common. Registered as a POSTPROCESSING_HOOK."""
    result["components"].setdefault("schemas", {})[PROBLEM] = PROBLEM_SCHEMA
    used = set()
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            tag = tag_of(path)
            used.add(tag)
            operation["tags"] = [tag]
            for each in operation.get("parameters", []):
                bound(each)
            add_refusals(operation, method=method, path=path)
            seal_body(result, operation)
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    return result


def bound(parameter: Schema) -> None:
    """Say of a parameter what no filter of django-filter says: how long a text may be, and what a slug is."""
    if parameter["name"] == "organization":
        parameter |= {"description": "The organization's slug.", "example": "acme"}
        parameter["schema"] = {"type": "string", "pattern": SLUG}
    elif set(parameter["schema"]) == {"type"} and parameter["schema"]["type"] == "string":
        parameter["schema"] |= {"minLength": 1, "maxLength": LONGEST_TEXT}
    elif parameter["name"] == "id" and parameter["schema"]["type"] == "integer":
        parameter["schema"] |= {"minimum": 1, "maximum": LARGEST_ID}


def tag_of(path: str) -> str:
    """Return under which heading an address stands."""
    _, _, kind, *rest = path.strip("/").split("/")
    if kind == "me":
        return "caller"
    return next(iter(rest[1:]), kind)


def add_refusals(operation: Schema, *, method: str, path: str) -> None:
    """Add the problem documents that an operation may answer."""
    possible = [
        problems.unauthorized,
        problems.forbidden,
        problems.not_acceptable,
        problems.too_many_requests,
    ]
    if "requestBody" in operation or method == "get":
        possible.append(problems.invalid)
    if "{" in path:
        possible.append(problems.not_found)
    if method != "get":
        possible += [problems.conflict]
    if "requestBody" in operation:
        possible += [problems.too_large, problems.unsupported_media_type]
    if path.endswith(("/log-entries", "/log-entries/export")):
        possible.append(problems.position_ahead)
    if path.endswith("/export"):
        possible.append(problems.export_running)
    for status, same in groupby(sorted(possible, key=status_of), key=status_of):
        operation["responses"].setdefault(str(status), refusal(*same))
    operation["responses"]["default"] = {
        "description": "Any other problem.",
        "content": content(problems.internal_error),
    }


def status_of(problem: Problem) -> int:
    """Return with which status a problem is answered."""
    return problem.status


def refusal(problem: Problem, *others: Problem) -> Schema:
    """Describe the refusals of one status, with an example of each."""
    titles = [each.title for each in (problem, *others)]
    described: Schema = {"description": ". ".join(titles), "content": content(problem, *others)}
    if problem.status == problems.too_many_requests.status:
        header = {"description": "After how many seconds to try again.", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": header}
    if problem.status == problems.unauthorized.status:
        described["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return described


def content(*possible: Problem) -> Schema:
    """Return the content of the refusals of one status."""
    examples = {each.slug: {"value": each.body()} for each in possible}
    schema = {"$ref": f"#/components/schemas/{PROBLEM}"}
    return {problems.CONTENT_TYPE: {"schema": schema, "examples": examples}}


def seal_body(document: Schema, operation: Schema) -> None:
    """Say of the body of an operation that it takes no other names: one is refused."""
    for each in operation.get("requestBody", {}).get("content", {}).values():
        name = each["schema"].get("$ref", "").rpartition("/")[2]
        if name:
            document["components"]["schemas"][name]["additionalProperties"] = False


@cache
def document() -> bytes:
    """Return the OpenAPI document of the API as JSON, made once."""
    from provisioning.api import version_1

    generator = SchemaGenerator(patterns=version_1.described())  # type: ignore[no-untyped-call]  # as above
    made: Schema = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # as above
    plain: Schema = json.loads(named(json.dumps(made)))
    plain["info"]["description"] += f"\n\n{guide()}"
    shapes = plain["components"]["schemas"]
    pages = {f"{name}Page": {"items": [example], "next": None} for name, example in EXAMPLES.items()}
    for name, example in (pages | EXAMPLES).items():
        if name in EXAMPLES or name in shapes:
            shapes[name]["examples"] = [example]
    return json.dumps(without_marks(plain), ensure_ascii=False).encode()


def guide() -> str:
    """Return the pages about the API in Markdown, folded, as Swagger UI shows them above the operations.

    Without links to files beside them.
    """
    pages = [
        (settings.ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("api.md", "webhooks.md")
    ]
    return "\n\n".join(folded(LINKED_FILE.sub(r"\1", each)) for each in pages)


def folded(page: str) -> str:
    """Return a page behind its title.

    >>> folded("# Limits" + 2 * chr(10) + "Ten a second.").split()
    ['<details><summary>Limits</summary>', 'Ten', 'a', 'second.', '</details>']
    """
    title, _, text = page.strip().partition("\n\n")
    return f"<details><summary>{title.removeprefix('# ')}</summary>\n\n{text}\n\n</details>"


def without_marks(part: Any) -> Any:
    """Return a part of a document without what drf-spectacular notes for itself."""
    if isinstance(part, list):
        return [without_marks(each) for each in part]
    if isinstance(part, dict):
        return {name: without_marks(each) for name, each in part.items() if name != "x-spec-enum-id"}
    return part


def named(text: str) -> str:
    """Return the document with each shape under its plain name.

    >>> named('{"PaginatedTokenShapeList": "#/components/schemas/TokenShape"}')
    '{"TokenPage": "#/components/schemas/Token"}'
    """

    def plain(found: re.Match[str]) -> str:
        before, name, is_list = found.groups()
        return f"{before.removesuffix('Paginated').removesuffix('Patched')}{name}{'Page' if is_list else ''}"

    return NAMES.sub(plain, text)
