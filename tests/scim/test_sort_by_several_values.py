"""sortBy an attribute with several values: by the primary one, or else by the first (RFC 7644 §3.4.2.3)."""

import pytest

from tests.cast import ScimClient
from tests.factories import user_body

PEOPLE = {
    "amelie": [{"type": "work", "value": "d@x"}, {"type": "home", "value": "A@x", "primary": True}],
    "bruno": [{"type": "home", "value": "b@x"}, {"type": "work", "value": "e@x"}],
    "chiara": [],
    "dan": [{"type": "work", "value": "c@x", "primary": True}, {"type": "home", "value": "f@x"}],
}


@pytest.mark.parametrize(
    ("attribute", "ascending", "descending"),
    [
        ("emails", "abdc", "cdba"),
        ("emails.value", "abdc", "cdba"),
        ('emails[type eq "work"].value', "dabc", "cbad"),
        ('emails[type eq "home"]', "abdc", "cdba"),
        ("EMAILS.type", "abdc", "cdab"),
        ("department", "badc", "cdab"),
    ],
)
def test_users_are_sorted_by_one_of_their_addresses(
    entra: ScimClient, attribute: str, ascending: str, descending: str
) -> None:
    departments = {"amelie": "B", "bruno": "a", "dan": "c"}
    for name, emails in PEOPLE.items():
        entra.post("/Users", user_body(name, emails=emails, department=departments.get(name)))

    for order, expected in (("ascending", ascending), ("descending", descending)):
        found = entra.get("/Users", sortBy=attribute, sortOrder=order).json()["Resources"]
        assert "".join(user["userName"][0] for user in found) == expected, order


@pytest.mark.parametrize("attribute", ["meta.version", "shoeSize", "groups", 'emails[type eq "work"].shoe'])
def test_what_nothing_is_sorted_by_is_refused_as_such(entra: ScimClient, attribute: str) -> None:
    entra.post("/Users", user_body())

    refused = entra.get("/Users", sortBy=attribute)

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert refused.json()["detail"] == (
        "sortBy must be the name of a searchable attribute. Leave it out, or send it so (RFC 7644 §3.4.2)."
    )
    assert entra.get("/Users", sortBy="meta.created").status_code == 200
