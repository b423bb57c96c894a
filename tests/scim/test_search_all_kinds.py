"""`/.search` at the root goes through Users and Groups by one filter (RFC 7644 §3.4.2.1 and §3.4.3)."""

import pytest

from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, user_body
from tests.scim.hostile import SEARCH_SCHEMA, group_body


@pytest.fixture
def everything(entra: ScimClient) -> None:
    """Two users and two groups; one of each is called News."""
    entra.post("/Users", user_body("u", displayName="News", department="D"))
    entra.post("/Users", user_body("v", displayName=None))
    for name in ("News", "Sport"):
        entra.post("/Groups", group_body(name))


def names(entra: ScimClient, **asked: str) -> list[str]:
    """Return what a search finds, users by userName."""
    answer = entra.post("/.search", {"schemas": [SEARCH_SCHEMA], **asked})
    assert answer.status_code == 200, answer.content
    found = answer.json()["Resources"]
    assert answer.json()["totalResults"] == len(found)
    return [each.get("userName") or each["displayName"] for each in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('userName eq "u" or displayName eq "Sport"', ["u", "Sport"]),
        ('displayName eq "news"', ["u", "News"]),
        ('userName eq "u"', ["u"]),
        ("not (userName pr)", ["News", "Sport"]),
        ('not (userName eq "u")', ["v", "News", "Sport"]),
        ('userName ne "u"', ["v", "News", "Sport"]),
        ("userName eq null", ["News", "Sport"]),
        ("userName ne null", ["u", "v"]),
        ('not (emails[type eq "work"]) and displayName pr', ["News", "Sport"]),
        ("not (members pr) and userName pr", ["u", "v"]),
        (f'{ENTERPRISE_SCHEMA}:department eq "D" or displayName eq "Sport"', ["u", "Sport"]),
        ('department eq "D"', ["u"]),
        ('meta.resourceType eq "Group"', ["News", "Sport"]),
    ],
)
def test_what_a_kind_does_not_have_counts_as_without_a_value(
    entra: ScimClient, everything: None, query: str, expected: list[str]
) -> None:
    assert names(entra, filter=query) == expected


@pytest.mark.parametrize("attribute", ["userName", "emails.value", "department"])
def test_what_a_kind_does_not_have_does_not_sort_it_out(
    entra: ScimClient, everything: None, attribute: str
) -> None:
    assert names(entra, sortBy=attribute) == ["u", "v", "News", "Sport"]


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": 'shoeSize eq "44"'},
        {"filter": 'userName eq "u" or shoeSize pr'},
        {"filter": 'emails[shoe eq "44"]'},
        {"filter": 'active co "t"'},
        {"sortBy": "shoeSize"},
    ],
)
def test_what_no_kind_has_is_refused(entra: ScimClient, everything: None, asked: dict[str, str]) -> None:
    refused = entra.post("/.search", {"schemas": [SEARCH_SCHEMA], **asked})

    assert (refused.status_code, refused.json()["status"]) == (400, "400")
    assert names(entra, filter='userName eq "u"') == ["u"]


@pytest.mark.parametrize("path", ["/Users/.search/", "/Groups/.search/"])
def test_a_slash_behind_it_means_nothing(entra: ScimClient, everything: None, path: str) -> None:
    body = {"schemas": [SEARCH_SCHEMA], "filter": "displayName pr"}

    assert entra.post(path, body).json() == entra.post(path.rstrip("/"), body).json()
