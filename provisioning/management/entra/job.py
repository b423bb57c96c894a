"""What a provisioning job remembers between requests, and the queries with which it finds things.

Knows the state of the directory, the ids the endpoint gave out and the tally of the present phase;
must not know in which order things are provisioned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from provisioning.management.entra.client import Answer, Client, equals
from provisioning.management.entra.judge import Faults, match_faults, resources_of
from provisioning.management.entra.options import Options
from provisioning.management.entra.people import EXTERNAL_ID, Directory, Group, Person
from provisioning.management.entra.report import Tally

NO_MORE_QUERY: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a matching query found; an answer that was wrong is no basis to go on from."""

    is_answered: bool
    resource: Mapping[str, object] | None = None

    @property
    def is_miss(self) -> bool:
        """Whether the endpoint said that it holds no such resource."""
        return self.is_answered and self.resource is None


class Job:
    """One job: whoever provisions an object owns its entries here, so no lock is needed."""

    def __init__(self, *, options: Options, client: Client, directory: Directory, tally: Tally) -> None:
        """Begin with an empty memory, as after a restart of the job."""
        self.options, self.client, self.directory, self.tally = options, client, directory, tally
        self.people: dict[int, Person] = {}
        self.user_ids: dict[int, str] = {}
        self.groups: dict[int, Group] = {}
        self.group_ids: dict[int, str] = {}
        self.group_members: dict[int, set[str]] = {}

    def judged(self, answer: Answer, faults: Faults) -> bool:
        """Record an answer; tell whether it was right."""
        return self.tally.record(answer=answer, faults=faults)

    def query(
        self, *, path: str, attribute: str, value: str, more: Mapping[str, str] = NO_MORE_QUERY
    ) -> Answer:
        """Ask for the resources whose attribute equals the value."""
        return self.client.get(path=path, query={**more, "filter": equals(attribute=attribute, value=value)})

    def match(
        self, *, path: str, attribute: str, value: str, more: Mapping[str, str] = NO_MORE_QUERY
    ) -> Match:
        """Look for the one resource that belongs to an object of the directory."""
        answer = self.query(path=path, attribute=attribute, value=value, more=more)
        faults = match_faults(
            answer=answer,
            attribute=attribute,
            value=value,
            is_case_exact=attribute == EXTERNAL_ID,
        )
        if not self.judged(answer, faults):
            return Match(is_answered=False)
        return Match(is_answered=True, resource=next(iter(resources_of(answer)), None))
