"""What a job does with one group: match, create without members, add, remove, rename, delete.

Knows the order of the requests; groups are always looked for without their members, as Entra does.
Source: Entra page "Develop and plan provisioning for a SCIM endpoint", Group provisioning.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from provisioning.management.entra import judge
from provisioning.management.entra.client import Answer
from provisioning.management.entra.dialects import (
    CORE_GROUP,
    Body,
    Dialect,
    dialect_of,
    group_body,
    group_rename,
    members_added,
    members_removed,
)
from provisioning.management.entra.job import Job, Match
from provisioning.management.entra.people import DISPLAY_NAME, EXTERNAL_ID, Attributes, Group

GROUPS = "/Groups"
WITHOUT_MEMBERS = {"excludedAttributes": "members"}
MEMBERS_PER_PATCH = 20
SLOTS = 4
SLOT_OF_NEW_NAMES = 0
SLOT_OF_DELETIONS = 3
CHURN = 3


def group_path(identifier: str) -> str:
    """Return the path of one group."""
    return f"{GROUPS}/{quote(identifier, safe='')}"


def provision_group(*, job: Job, index: int, cycle: int) -> None:
    """Bring one group to the endpoint: create or match it, then add its members."""
    group = job.directory.groups[index]
    found = find_group(job=job, group=group)
    if not found.is_answered:
        job.tally.count("skipped")
        return
    if found.resource is None:
        create_group(job=job, group=group)
    else:
        adopt_group(job=job, group=group, found=found, cycle=cycle)
    if index not in job.group_ids:
        return
    members = [job.user_ids[member] for member in group.members if member in job.user_ids]
    for start in range(0, len(members), MEMBERS_PER_PATCH):
        batch = members[start : start + MEMBERS_PER_PATCH]
        add_members(job=job, index=index, ids=batch, turn=cycle + start // MEMBERS_PER_PATCH)
    read_group(job=job, index=index, may_have_more=found.resource is not None)


def find_group(*, job: Job, group: Group) -> Match:
    """Look for a group by its name, then by its externalId: it may have been renamed."""
    found = job.match(path=GROUPS, attribute=DISPLAY_NAME, value=group.display_name, more=WITHOUT_MEMBERS)
    if not found.is_miss:
        return found
    return job.match(path=GROUPS, attribute=EXTERNAL_ID, value=group.external_id, more=WITHOUT_MEMBERS)


def create_group(*, job: Job, group: Group) -> None:
    """POST a group, which has no members yet."""
    answer = job.client.post(path=GROUPS, content=group_body(group))
    faults = judge.created_faults(answer=answer, schema=CORE_GROUP, attributes=shown_by(group))
    job.judged(answer, faults)
    identifier = judge.as_object(answer.content).get("id")
    if answer.status == 201 and isinstance(identifier, str) and identifier:
        job.groups[group.index], job.group_ids[group.index] = group, identifier
        job.group_members[group.index] = set()
        job.tally.count("created")


def adopt_group(*, job: Job, group: Group, found: Match, cycle: int) -> None:
    """Remember a group that was already there, and give it back its name."""
    resource = found.resource or {}
    job.groups[group.index], job.group_ids[group.index] = group, str(resource["id"])
    job.group_members[group.index] = set()
    job.tally.count("matched")
    if resource.get(DISPLAY_NAME) != group.display_name:
        rename_group(job=job, group=group, turn=cycle)


def rename_group(*, job: Job, group: Group, turn: int) -> None:
    """PATCH the name of a group."""
    content = group_rename(display_name=group.display_name, dialect=dialect(job, group.index, turn))
    if patch_group(job=job, index=group.index, content=content):
        job.groups[group.index] = group
        job.tally.count("renamed")


def add_members(*, job: Job, index: int, ids: Sequence[str], turn: int) -> None:
    """PATCH members into a group; in every other turn each has an operation of its own."""
    content = members_added(
        ids=ids, dialect=dialect(job, index, turn), is_one_per_operation=(index + turn) % 4 < 2
    )
    if patch_group(job=job, index=index, content=content):
        job.group_members[index] |= set(ids)
        job.tally.count("members added", times=len(ids))


def remove_members(*, job: Job, index: int, ids: Sequence[str], turn: int) -> None:
    """PATCH members out of a group; removing someone who is not there changes nothing."""
    content = members_removed(ids=ids, dialect=dialect(job, index, turn))
    if patch_group(job=job, index=index, content=content):
        removed = job.group_members[index] & set(ids)
        job.group_members[index] -= removed
        job.tally.count("members removed", times=len(removed))


def patch_group(*, job: Job, index: int, content: Body) -> bool:
    """PATCH a group; tell whether the endpoint took it."""
    answer = job.client.patch(path=group_path(job.group_ids[index]), content=content)
    job.judged(answer, judge.changed_faults(answer=answer, schema=CORE_GROUP, attributes={}))
    return answer.status in (200, 204)


def read_group(*, job: Job, index: int, may_have_more: bool = False) -> None:
    """Read a group without and with members: name and members are as the job left them."""
    path, group = group_path(job.group_ids[index]), job.groups[index]
    answer = job.client.get(path=path, query=WITHOUT_MEMBERS)
    faults = group_faults(answer, group) + judge.without_members_faults(answer=answer)
    job.judged(answer, faults)
    answer = job.client.get(path=path)
    faults = group_faults(answer, group) or judge.members_faults(
        answer=answer, expected=job.group_members[index], may_have_more=may_have_more
    )
    job.judged(answer, faults)
    if answer.status == 200:
        # A wrong membership is told once: what follows is judged from what is there now.
        job.group_members[index] = judge.member_ids(answer)


def delete_group(*, job: Job, index: int) -> None:
    """DELETE a group; afterwards neither its id nor its name finds it."""
    identifier, display_name = job.group_ids[index], job.groups[index].display_name
    answer = job.client.delete(path=group_path(identifier))
    if not job.judged(answer, judge.nothing_faults(answer=answer)):
        return
    del job.group_ids[index], job.groups[index], job.group_members[index]
    job.tally.count("deleted")
    gone = job.client.get(path=group_path(identifier), query=WITHOUT_MEMBERS)
    job.judged(gone, judge.refusal_faults(answer=gone, status=404))
    listed = job.query(path=GROUPS, attribute=DISPLAY_NAME, value=display_name, more=WITHOUT_MEMBERS)
    job.judged(listed, judge.empty_list_faults(answer=listed))


def cycle_group(*, job: Job, index: int, cycle: int) -> None:
    """Do what the incremental cycle holds for one group."""
    slot = index % SLOTS
    if index not in job.group_ids:
        if slot == SLOT_OF_DELETIONS:
            provision_group(job=job, index=index, cycle=cycle)
        return
    if slot == SLOT_OF_DELETIONS:
        delete_group(job=job, index=index)
        return
    if slot == SLOT_OF_NEW_NAMES:
        name = f"{job.directory.groups[index].display_name} ({cycle})"
        rename_group(job=job, group=replace(job.groups[index], display_name=name), turn=cycle)
    churn_members(job=job, index=index, cycle=cycle)


def churn_members(*, job: Job, index: int, cycle: int) -> None:
    """Let some leave and others join; one is removed again who had already left."""
    read_group(job=job, index=index)
    members = sorted(job.group_members[index])
    others = sorted(set(job.user_ids.values()) - set(members))
    leaving, joining = members[:CHURN], others[:CHURN]
    if leaving:
        remove_members(job=job, index=index, ids=leaving, turn=cycle)
        read_group(job=job, index=index)
        remove_members(job=job, index=index, ids=leaving[:1], turn=cycle + 1)
        read_group(job=job, index=index)
    if joining:
        add_members(job=job, index=index, ids=joining, turn=cycle)
        read_group(job=job, index=index)


def group_faults(answer: Answer, group: Group) -> judge.Faults:
    """Judge whether an answer shows the group."""
    return judge.resource_faults(answer=answer, statuses={200}, schema=CORE_GROUP, attributes=shown_by(group))


def shown_by(group: Group) -> Attributes:
    """Return what the endpoint must show of a group."""
    return {DISPLAY_NAME: group.display_name, EXTERNAL_ID: group.external_id}


def dialect(job: Job, index: int, turn: int) -> Dialect:
    """Return the dialect of one operation on a group."""
    return dialect_of(choice=job.options.dialect, turn=index + turn)
