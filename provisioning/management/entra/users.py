"""What a job does with one user: match, create, change, disable, restore, delete, read again.

Knows which request follows which answer; what a body looks like and what an answer must be is
written in `dialects` and `judge`.
Source: Entra pages "How Application Provisioning works" and "On-demand provisioning".
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import quote

from provisioning.management.entra import judge
from provisioning.management.entra.client import Answer
from provisioning.management.entra.dialects import (
    CORE_USER,
    Body,
    Dialect,
    dialect_of,
    posted_attributes,
    user_body,
    user_patch,
)
from provisioning.management.entra.job import Job
from provisioning.management.entra.people import (
    ACTIVE,
    DEPARTMENT,
    DISPLAY_NAME,
    EXTERNAL_ID,
    FAMILY_NAME,
    PREFERRED_LANGUAGE,
    TIMEZONE,
    USER_NAME,
    WORK_EMAIL,
    Attributes,
    Person,
    domain,
    guid,
    person,
)

USERS = "/Users"
SLOTS = 10
SLOT_OF_NEW_USER_NAMES = 3
SLOT_OF_SWITCHES = 5
SLOT_OF_DELETIONS = 6
SLOT_ON_DEMAND = 7
ON_DEMAND_AT_MOST = 5
RACE_SECONDS_AT_MOST = 30
# How a user is read again, by index: the other ways are a plain GET by id.
FILTERS_OF_READERS: Mapping[int, tuple[str, Callable[[str], str]]] = {
    0: (USER_NAME, str),
    1: (USER_NAME, str.upper),
    2: (EXTERNAL_ID, str),
}
READERS = 5


def user_path(identifier: str) -> str:
    """Return the path of one user."""
    return f"{USERS}/{quote(identifier, safe='')}"


def provision_user(*, job: Job, index: int, cycle: int) -> None:
    """Bring one user of the directory to the endpoint: create, or match and correct.

    Someone whose userName changes in later cycles may stand there under another name from an
    earlier run: the second matching attribute finds that user, as in a job with two of them.
    """
    someone = job.directory.people[index]
    found = job.match(path=USERS, attribute=USER_NAME, value=someone[USER_NAME])
    if found.is_miss and index % SLOTS == SLOT_OF_NEW_USER_NAMES:
        found = job.match(path=USERS, attribute=EXTERNAL_ID, value=someone[EXTERNAL_ID])
    if not found.is_answered:
        job.tally.count("skipped")
        return
    dialect = dialect_of(choice=job.options.dialect, turn=index + cycle)
    if found.resource is None and index < job.options.failing:
        fail_to_create_user(job=job, someone=someone, dialect=dialect)
    elif found.resource is None:
        create_user(job=job, someone=someone, dialect=dialect)
    else:
        adopt_user(job=job, someone=someone, resource=found.resource, dialect=dialect)


def create_user(*, job: Job, someone: Person, dialect: Dialect) -> None:
    """POST a user and read it again."""
    sent = posted_attributes(person=someone, dialect=dialect)
    answer = job.client.post(path=USERS, content=user_body(person=someone, dialect=dialect))
    faults = judge.created_faults(answer=answer, schema=CORE_USER, attributes=sent)
    job.judged(answer, faults)
    identifier = created_id(answer)
    if not identifier:
        return
    job.user_ids[someone.index] = identifier
    job.people[someone.index] = someone.changed(sent)
    job.tally.count("created")
    read_user(job=job, index=someone.index, way=someone.index)


def fail_to_create_user(*, job: Job, someone: Person, dialect: Dialect) -> None:
    """POST a user without a userName, which must be refused in words."""
    body = user_body(person=someone, dialect=dialect)
    answer = job.client.post(path=USERS, content={**body, USER_NAME: None})
    if job.judged(answer, judge.refusal_faults(answer=answer, status=400, scim_type="invalidValue")):
        job.tally.count("refused")


def adopt_user(*, job: Job, someone: Person, resource: Mapping[str, object], dialect: Dialect) -> None:
    """Remember a user that was already there, and PATCH what differs from the directory."""
    job.user_ids[someone.index] = str(resource["id"])
    job.tally.count("matched")
    found = {path: judge.value_at(resource=resource, path=path) for path in someone.attributes}
    changes = {
        path: value for path, value in someone.attributes.items() if not judge.is_same(found[path], value)
    }
    absent: Attributes = {path: None for path in changes if found[path] is None}
    job.people[someone.index] = someone.changed(absent)
    if changes:
        change_user(job=job, index=someone.index, changes=changes, dialect=dialect, word="updated")


def change_user(*, job: Job, index: int, changes: Attributes, dialect: Dialect, word: str) -> None:
    """PATCH a user, then read again that the changes are there and nothing else moved."""
    before = job.people[index]
    after = before.changed(changes)
    content = user_patch(before=before.attributes, changes=changes, dialect=dialect)
    answer = job.client.patch(path=user_path(job.user_ids[index]), content=content)
    faults = judge.changed_faults(answer=answer, schema=CORE_USER, attributes=after.attributes)
    job.judged(answer, faults)
    if answer.status not in (200, 204):
        return
    job.people[index] = after
    job.tally.count(word)
    read_user(job=job, index=index, way=index + READERS - 1)
    if ACTIVE in changes:
        # A disabled user stays visible, by id and by filter.
        read_user(job=job, index=index, way=-1)
        read_user(job=job, index=index, way=0)


def read_user(*, job: Job, index: int, way: int) -> bool:
    """Read a user by id or by one of the filters; tell whether all is as the job left it."""
    someone, identifier = job.people[index], job.user_ids[index]
    by_filter = FILTERS_OF_READERS.get(way % READERS)
    if by_filter is None:
        answer = job.client.get(path=user_path(identifier))
        faults = judge.resource_faults(
            answer=answer, statuses={200}, schema=CORE_USER, attributes=someone.attributes
        )
        return job.judged(answer, faults)
    attribute, written = by_filter
    value = written(someone[attribute])
    answer = job.query(path=USERS, attribute=attribute, value=value)
    faults = judge.match_faults(
        answer=answer, attribute=attribute, value=value, is_case_exact=attribute == EXTERNAL_ID
    ) or judge.hit_faults(answer=answer, identifier=identifier, attributes=someone.attributes)
    return job.judged(answer, faults)


def delete_user(*, job: Job, index: int) -> None:
    """DELETE a user; afterwards neither the id nor a filter finds it, and no group holds it."""
    identifier, user_name = job.user_ids[index], job.people[index][USER_NAME]
    answer = job.client.delete(path=user_path(identifier))
    if not job.judged(answer, judge.nothing_faults(answer=answer)):
        return
    del job.user_ids[index], job.people[index]
    for members in job.group_members.values():
        members.discard(identifier)
    job.tally.count("deleted")
    gone = job.client.get(path=user_path(identifier))
    job.judged(gone, judge.refusal_faults(answer=gone, status=404))
    listed = job.query(path=USERS, attribute=USER_NAME, value=user_name)
    job.judged(listed, judge.empty_list_faults(answer=listed))


def cycle_user(*, job: Job, index: int, cycle: int) -> None:
    """Do what the incremental cycle holds for one user; most have not changed."""
    slot = index % SLOTS
    if index not in job.user_ids:
        if slot == SLOT_OF_DELETIONS:
            provision_user(job=job, index=index, cycle=cycle)
        return
    if slot == SLOT_OF_DELETIONS:
        delete_user(job=job, index=index)
        return
    changes = CHANGES[slot](job.directory.people[index], cycle)
    if not read_user(job=job, index=index, way=index + cycle):
        job.tally.count("skipped")
        return
    dialect = dialect_of(choice=job.options.dialect, turn=index // SLOTS + slot + cycle)
    word = "updated"
    if slot == SLOT_OF_SWITCHES:
        word = "restored" if changes[ACTIVE] else "disabled"
    change_user(job=job, index=index, changes=changes, dialect=dialect, word=word)


def is_changed_in_cycles(index: int) -> bool:
    """Tell whether the incremental cycles have something to do for this user."""
    return index % SLOTS in CHANGES or index % SLOTS == SLOT_OF_DELETIONS


def provision_on_demand(*, job: Job, index: int, cycle: int) -> None:
    """Provision one user by hand: the legacy dialect, even where the job has the flag."""
    unknown = guid(seed=job.options.seed, purpose=f"on demand {cycle} {index}")
    tested = job.query(path=USERS, attribute=USER_NAME, value=unknown)
    job.judged(tested, judge.empty_list_faults(answer=tested))
    if not read_user(job=job, index=index, way=0):
        job.tally.count("skipped")
        return
    changes: Attributes = {
        DISPLAY_NAME: f"{job.directory.people[index][DISPLAY_NAME]} (on demand {cycle})",
        TIMEZONE: "Europe/Paris" if cycle % 2 == 0 else "Asia/Tokyo",
    }
    change_user(job=job, index=index, changes=changes, dialect=Dialect.LEGACY, word="on demand")


def race_for_user_name(*, job: Job, cycle: int) -> None:
    """POST the same new userName twice at once: one is created, the other is a conflict."""
    newcomer = person(seed=job.options.seed, index=-cycle)
    user_name = f"race.{cycle}@{domain(job.options.seed)}"
    newcomer = newcomer.changed({USER_NAME: user_name})
    leftover = job.match(path=USERS, attribute=USER_NAME, value=user_name)
    if leftover.resource is not None:
        remove_quietly(job=job, identifier=str(leftover.resource["id"]))
    answers = posted_at_once(job=job, content=user_body(person=newcomer, dialect=Dialect.LEGACY))
    winners = [answer for answer in answers if answer.status == 201]
    sent = posted_attributes(person=newcomer, dialect=Dialect.LEGACY)
    for position, answer in enumerate(answers):
        faults = racer_faults(answer, sent)
        if position == 1 and len(winners) != 1:
            expected = "exactly one of two simultaneous POSTs of a userName to be created"
            faults = (*faults, judge.Fault(expected=expected, came=f"{len(winners)} of them"))
        job.judged(answer, faults)
    job.match(path=USERS, attribute=USER_NAME, value=user_name)
    for answer in winners:
        remove_quietly(job=job, identifier=created_id(answer))
    job.tally.count("races")


def racer_faults(answer: Answer, sent: Attributes) -> judge.Faults:
    """Judge one of the two racers: created, or refused because the other was."""
    if answer.status == 201:
        return judge.created_faults(answer=answer, schema=CORE_USER, attributes=sent)
    return judge.refusal_faults(answer=answer, status=409, scim_type="uniqueness")


def posted_at_once(*, job: Job, content: Body) -> list[Answer]:
    """Send the same POST from two threads that start together."""
    barrier = Barrier(2)

    def post(_: int) -> Answer:
        barrier.wait(RACE_SECONDS_AT_MOST)
        return job.client.post(path=USERS, content=content)

    with ThreadPoolExecutor(2) as racers:
        return list(racers.map(post, range(2)))


def remove_quietly(*, job: Job, identifier: str) -> None:
    """Take a racer away again, so that the next run finds the name free."""
    if identifier:
        answer = job.client.delete(path=user_path(identifier))
        job.judged(answer, judge.nothing_faults(answer=answer))


def created_id(answer: Answer) -> str:
    """Return the id of what a POST created, empty when there is none."""
    identifier = judge.as_object(answer.content).get("id")
    return identifier if answer.status == 201 and isinstance(identifier, str) else ""


def renamed(someone: Person, cycle: int) -> Attributes:
    """Return another display name."""
    return {DISPLAY_NAME: f"{someone[DISPLAY_NAME]} ({cycle})"}


def moved(someone: Person, cycle: int) -> Attributes:
    """Return another work e-mail."""
    return {WORK_EMAIL: f"cycle{cycle}+{someone[WORK_EMAIL]}"}


def married(someone: Person, cycle: int) -> Attributes:
    """Return several changes that travel in one PATCH."""
    family_name = f"{someone[FAMILY_NAME]}-{cycle}"
    return {
        DISPLAY_NAME: f"{someone[DISPLAY_NAME]}-{cycle}",
        FAMILY_NAME: family_name,
        WORK_EMAIL: f"married{cycle}.{someone[WORK_EMAIL]}",
        DEPARTMENT: f"Department {cycle}",
    }


def renamed_account(someone: Person, cycle: int) -> Attributes:
    """Return another userName."""
    mailbox, _, host = someone[USER_NAME].rpartition("@")
    return {USER_NAME: f"{mailbox}.renamed{cycle}@{host}"}


def emptied(someone: Person, cycle: int) -> Attributes:
    """Return no language and time zone, in the next cycle their values again."""
    if cycle % 2 == 0:
        return {PREFERRED_LANGUAGE: None, TIMEZONE: None}
    return {path: someone[path] for path in (PREFERRED_LANGUAGE, TIMEZONE)}


def switched(_: Person, cycle: int) -> Attributes:
    """Return inactive, in the next cycle active again."""
    return {ACTIVE: cycle % 2 == 1}


CHANGES: Mapping[int, Callable[[Person, int], Attributes]] = {
    0: renamed,
    1: moved,
    2: married,
    SLOT_OF_NEW_USER_NAMES: renamed_account,
    4: emptied,
    SLOT_OF_SWITCHES: switched,
}
