"""The order of a run: Test Connection, the initial cycle, incremental cycles.

Knows phases and threads; what happens to one object is written in `users` and `groups`.
Source: Entra pages "How Application Provisioning works" and "Develop and plan provisioning for a
SCIM endpoint" (Test Connection).
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from functools import partial

from provisioning.management.entra import groups, judge, users
from provisioning.management.entra.client import Answer, Client
from provisioning.management.entra.job import Job
from provisioning.management.entra.options import Options
from provisioning.management.entra.people import DISPLAY_NAME, USER_NAME, directory, guid
from provisioning.management.entra.progress import NoStream, Progress, Stream
from provisioning.management.entra.report import PhaseReport, Report, Tally

DISCOVERY = {"/ServiceProviderConfig": False, "/Schemas": True, "/ResourceTypes": True}
Step = Callable[[], None]


class Simulation:
    """One run against one endpoint, cycle by cycle; `run` does all of them in order."""

    def __init__(
        self,
        *,
        options: Options,
        stream: Stream | None = None,
        clock: Callable[[], float] = time.perf_counter,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is sent yet. Raises: ValueError when the base is not an http(s) URL."""
        self._options, self._clock = options, clock
        self._client = Client(
            base=options.base,
            token=options.token,
            timeout_seconds=options.timeout_seconds,
            clock=clock,
            wait=wait,
        )
        self._progress = Progress(stream=stream or NoStream())
        self._pool = ThreadPoolExecutor(options.concurrency)
        self._phases: list[PhaseReport] = []
        self._stopped = ""
        self._job = Job(
            options=options,
            client=self._client,
            directory=directory(
                seed=options.seed,
                users=options.users,
                groups=options.groups,
                members=options.members,
            ),
            tally=self._tally("not begun"),
        )

    def test_connection(self) -> bool:
        """Do what the portal's button does; tell whether provisioning can start at all."""
        probes: list[Step] = [partial(self._probe, users.USERS, USER_NAME)]
        if self._options.groups:
            probes.append(partial(self._probe, groups.GROUPS, DISPLAY_NAME))
        for path, is_list in DISCOVERY.items():
            if not is_list or not self._options.has_only_users:
                probes.append(partial(self._discover, path, is_list=is_list))
        self._run_phase(name="Test Connection", steps=probes, is_one_at_a_time=True)
        return not self._stopped

    def initial_cycle(self) -> None:
        """Bring every user, then every group with its members."""
        job = self._job
        self._run_phase(
            name="Initial cycle: users",
            steps=[
                partial(users.provision_user, job=job, index=index, cycle=1)
                for index in range(self._options.users)
            ],
        )
        self._run_phase(
            name="Initial cycle: groups",
            steps=[
                partial(groups.provision_group, job=job, index=index, cycle=1)
                for index in range(self._options.groups)
            ],
        )

    def incremental_cycle(self, *, number: int) -> None:
        """Bring the changes of one cycle; the first incremental one has number 2."""
        job = self._job
        self._run_phase(
            name=f"Cycle {number}: users",
            steps=[
                partial(users.cycle_user, job=job, index=index, cycle=number)
                for index in range(self._options.users)
                if users.is_changed_in_cycles(index)
            ],
        )
        self._run_phase(
            name=f"Cycle {number}: on demand",
            steps=[
                partial(users.provision_on_demand, job=job, index=index, cycle=number)
                for index in self._chosen_on_demand()
            ],
            is_one_at_a_time=True,
        )
        self._run_phase(
            name=f"Cycle {number}: race",
            steps=[partial(users.race_for_user_name, job=job, cycle=number)] * self._options.has_race,
            is_one_at_a_time=True,
        )
        self._run_phase(
            name=f"Cycle {number}: groups",
            steps=[
                partial(groups.cycle_group, job=job, index=index, cycle=number)
                for index in range(self._options.groups)
            ],
        )

    def report(self) -> Report:
        """Return what was found so far."""
        return Report(phases=tuple(self._phases), stopped=self._stopped)

    def close(self) -> None:
        """Give up what was not begun and close every connection."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def _chosen_on_demand(self) -> list[int]:
        chosen = range(users.SLOT_ON_DEMAND, self._options.users, users.SLOTS)
        return [index for index in chosen if index in self._job.user_ids][: users.ON_DEMAND_AT_MOST]

    def _probe(self, path: str, attribute: str) -> None:
        unknown = guid(seed=self._options.seed, purpose=f"test connection {path}")
        answer = self._job.query(path=path, attribute=attribute, value=unknown)
        self._job.judged(answer, judge.empty_list_faults(answer=answer))
        self._stopped = self._stopped or obstacle(answer)

    def _discover(self, path: str, *, is_list: bool) -> None:
        answer = self._client.get(path=path)
        self._job.judged(answer, judge.discovery_faults(answer=answer, is_list=is_list))

    def _run_phase(self, *, name: str, steps: list[Step], is_one_at_a_time: bool = False) -> None:
        if not steps:
            return
        tally = self._job.tally = self._tally(name)
        self._progress.start(name=name, total=len(steps))
        for _ in self._finished(steps, is_one_at_a_time=is_one_at_a_time):
            self._progress.advance(wrong=tally.wrong)
        self._phases.append(tally.closed())

    def _finished(self, steps: list[Step], *, is_one_at_a_time: bool) -> Iterable[None]:
        if is_one_at_a_time:
            for step in steps:
                yield step()
            return
        for future in as_completed([self._pool.submit(step) for step in steps]):
            yield future.result()

    def _tally(self, name: str) -> Tally:
        return Tally(name=name, token=self._options.token, clock=self._clock)


def obstacle(answer: Answer) -> str:
    """Return why Test Connection ends the run, empty when it does not."""
    if answer.failure:
        return f"Stopped after Test Connection: {answer.failure}."
    if answer.is_refused_credential:
        return "Stopped after Test Connection: the endpoint refused the token (401)."
    return ""


def run(
    options: Options,
    *,
    stream: Stream | None = None,
    clock: Callable[[], float] = time.perf_counter,
    wait: Callable[[float], None] = time.sleep,
    before_cycle: Callable[[int], None] | None = None,
) -> Report:
    """Play a whole job and return what was found.

    `before_cycle` is called with the number of each incremental cycle: a test moves its clock there.
    Raises: ValueError when the base is not an http(s) URL.
    """
    with closing(Simulation(options=options, stream=stream, clock=clock, wait=wait)) as simulation:
        if simulation.test_connection():
            simulation.initial_cycle()
            for number in range(2, options.cycles + 1):
                if before_cycle:
                    before_cycle(number)
                simulation.incremental_cycle(number=number)
        return simulation.report()
