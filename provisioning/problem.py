"""What a refusal of the SCIM service says, and its body. All there are stand in `problems`.

Source: RFC 7644 §3.12 (Error responses).
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

ERROR_SCHEMA: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
NOT_ENTRA: Final = "Entra sends no such request by itself: find out which other client uses the token."


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One row of the table. `code` never changes; `sentence` and `remedy` may hold {facts}."""

    code: str
    status: int
    scim_type: str = ""
    sentence: str
    remedy: str
    why: str
    steps: tuple[str, ...] = (NOT_ENTRA,)

    def about(self, **facts: str) -> Self:
        """Return the row with the facts filled in."""
        return replace(self, sentence=self.sentence.format(**facts), remedy=self.remedy.format(**facts))

    @property
    def detail(self) -> str:
        """What the client is told."""
        return f"{self.sentence} {self.remedy}".strip()


def error_body(*, status: int, scim_type: str, detail: str) -> dict[str, Any]:
    """Return the body of an error (RFC 7644 §3.12): `status` is a string there."""
    body: dict[str, Any] = {"schemas": [ERROR_SCHEMA], "status": str(status), "detail": detail}
    return body | ({"scimType": scim_type} if scim_type else {})
