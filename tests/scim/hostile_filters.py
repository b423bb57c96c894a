"""Hostile filters: broken, endless, of unknown attributes and wrong values, full of SQL."""

from collections.abc import Iterator

from tests.factories import ENTERPRISE_SCHEMA
from tests.scim.hostile import Hostile, at

FILTERS = {
    "nothing but an operator": "eq",
    "no operator": "displayName",
    "no value": "displayName eq",
    "no attribute": 'eq "x"',
    "a bare word": "displayName eq x",
    "single quotation marks": "displayName eq 'x'",
    "an open text": 'displayName eq "x',
    "a closed text": 'displayName eq x"',
    "an open parenthesis": '(displayName eq "x"',
    "a closed parenthesis": 'displayName eq "x")',
    "empty parentheses": "()",
    "a lone and": 'displayName eq "x" and',
    "a leading or": 'or displayName eq "x"',
    "two operators": 'displayName eq eq "x"',
    "and not without parentheses": 'displayName eq "x" and not externalId pr',
    "a double equals sign": 'displayName == "x"',
    "an equals sign": 'displayName="x"',
    "an unknown operator": 'displayName like "x"',
    "nor": 'displayName eq "x" nor externalId pr',
    "a semicolon": 'displayName eq "x"; DROP TABLE users',
    "a comment of SQL": 'displayName eq "x" -- and',
    "a union": 'displayName eq "x" UNION SELECT 1',
    "a quotation mark that ends the SQL": "displayName eq \"x\" ' OR '1'='1",
    "an unknown attribute": 'shoeSize eq "44"',
    "an unknown attribute in and": 'displayName pr and shoeSize eq "44"',
    "an unknown attribute in or": 'displayName pr or shoeSize eq "44"',
    "an unknown attribute in not": 'not (shoeSize eq "44")',
    "an unknown URN": 'urn:x:y:z eq "a"',
    "a column of ours": 'display_name_key eq "x"',
    "a column with its table": 'accounts.user_name eq "x"',
    "an attribute of Django": 'organization__name eq "x"',
    "a password": 'password eq "x"',
    "a number for a text": "displayName eq 5",
    "a truth value for a text": "displayName eq true",
    "an object": 'displayName eq {"a": 1}',
    "a list": 'displayName eq ["a"]',
    "NaN": "displayName eq NaN",
    "a date that is none": 'meta.created gt "yesterday"',
    "a number as a date": "meta.created gt 5",
    "a date of long ago": 'meta.created gt "99999-01-01T00:00:00Z"',
    "a month too many": 'meta.created gt "2026-13-01T00:00:00Z"',
    "a raw NUL": 'displayName eq "\0"',
    "NUL as an escape": 'displayName eq "\\u0000"',
    "half a surrogate pair": 'displayName eq "\\ud800"',
    "NUL in contains": 'displayName co "a\\u0000b"',
    "NUL in an id": 'id eq "\\u0000"',
    "NUL in an externalId": 'externalId sw "\\u0000"',
    "half a pair in an externalId": 'externalId eq "\\udfff"',
    "an unknown escape": 'displayName eq "\\x41"',
    "a raw line break": 'displayName eq "a\nb"',
    "a blank name": ' eq "x"',
    "a dot": '. eq "x"',
    "two dots": "meta..created pr",
    "too many parts": 'meta.created.year eq "2026"',
    "brackets after one value": 'displayName[value eq "x"]',
    "empty brackets": "members[]",
    "brackets in brackets": 'members[value[type eq "x"] eq "y"]',
    "an open bracket": 'members[value eq "x"',
    "101 comparisons": " or ".join(f'displayName eq "{number}"' for number in range(101)),
    "150 comparisons in and": " and ".join(["displayName pr"] * 150),
    "33 negations": "not (" * 33 + "displayName pr" + ")" * 33,
    "400 negations": "not (" * 400 + "displayName pr" + ")" * 400,
    "unbalanced a thousand times": "(" * 1000 + "displayName pr",
    "closed a thousand times": "displayName pr" + ")" * 1000,
    "a text beyond the limit": f'displayName eq "{"x" * 4096}"',
    "only blanks and a word": "   x   ",
    "words without end": "a " * 1500,
    "operators without end": "eq " * 1000,
    "quotation marks without end": '"' * 2001,
    "backslashes without end": "\\" * 2000,
}
USER_FILTERS = {
    "a text for a truth value": 'active eq "perhaps"',
    "a number for a truth value": "active eq 1",
    "a greater truth value": "active gt true",
    "a truth value that contains": 'active co "t"',
    "an object compared": 'name eq "x"',
    "an unknown part": 'name.shoe eq "x"',
    "an unknown part in brackets": 'emails[shoe eq "44"]',
    "a part behind brackets that is none": 'emails[type eq "work"].shoe eq "x"',
    "NUL in brackets": 'emails[type eq "work" and value eq "\\u0000"]',
    "half a pair in brackets": 'emails[type eq "\\ud800"]',
    "NUL in an address": 'emails.value co "\\u0000"',
    "NUL in the extension": f'{ENTERPRISE_SCHEMA}:department eq "\\u0000"',
    "an unknown attribute of the extension": f'{ENTERPRISE_SCHEMA}:shoe eq "44"',
    "the extension alone": f'{ENTERPRISE_SCHEMA} eq "x"',
    "groups by name": 'groups.display eq "Canaries"',
    "101 comparisons in brackets": "emails["
    + " or ".join(f'value eq "{number}"' for number in range(101))
    + "]",
    "deep in brackets": "emails[" + "not (" * 40 + "value pr" + ")" * 40 + "]",
}
GROUP_FILTERS = {
    "members by name": 'members.display eq "x"',
    "members that contain": 'members.value co "x"',
    "members in brackets by name": 'members[display eq "x"]',
    "a user's attribute": 'userName eq "x"',
    "active": "active eq true",
}


def broken_filters() -> Iterator[Hostile]:
    """Yield filters that can't be answered: an empty list would be a lie."""
    for path, filters in (("/Users", USER_FILTERS), ("/Groups", GROUP_FILTERS)):
        for what, text in {**FILTERS, **filters}.items():
            yield Hostile(f"a filter with {what}", "GET", at(path, filter=text), statuses=(400, 414))
