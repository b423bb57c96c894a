"""What a simulation is asked to do."""

from dataclasses import dataclass
from enum import StrEnum


class DialectChoice(StrEnum):
    """How the simulated job writes its changes; BOTH alternates, object by object."""

    LEGACY = "legacy"
    COMPLIANT = "compliant"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Where to, as whom, and how much. The same options give the same requests.

    The first `failing` users are sent as by a mapping that has lost its userName. Each incremental
    cycle has a race of two POSTs, one of which must fail, unless there is to be none.
    """

    base: str
    token: str
    users: int = 100
    groups: int = 0
    members: int = 10
    cycles: int = 1
    dialect: DialectChoice = DialectChoice.BOTH
    seed: int = 1
    failing: int = 0
    has_race: bool = True
    concurrency: int = 4
    timeout_seconds: float = 30.0

    @property
    def has_only_users(self) -> bool:
        """Whether the run stays within /Users and /ServiceProviderConfig."""
        return self.groups == 0 and self.cycles <= 1
