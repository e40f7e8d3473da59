"""PlayQueue: the way in which attempts are given to whoever plays them, here or elsewhere.

Attempts wait in one line, and a place that is free takes the next: nothing is assigned beforehand,
so that a place that dies holds nothing but what it is playing. That is played again, with a
deadline each time and elsewhere if it can be; where workers die with it again and again, it is
given up as a fault, which nobody scores. When no place is left, all that still waits ends so too:
nothing hangs.

A place is a worker of any kind: a task in this process, a process, an actor on another machine.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Generic, Protocol, TypeVar

from vigorl.browser.errors import InfrastructureFault, UsageError, VigorlError
from vigorl.browser.first_error import first_error

Attempt = TypeVar("Attempt")
Outcome = TypeVar("Outcome")
_A = TypeVar("_A", contravariant=True)
_O = TypeVar("_O", covariant=True)


class WorkerLost(InfrastructureFault):
    """Whoever played an attempt is gone, or did not come to an end."""


class Workplace(Protocol[_A, _O]):
    """Where one attempt at a time is played."""

    async def play(self, attempt: _A) -> _O:
        """What comes of an attempt; what it raises but the following is the attempt's.

        Raises:
            WorkerLost: whoever played it is gone.
        """
        ...

    async def renew(self) -> None:
        """Put another worker here, whatever the last one is still at.

        Raises:
            VigorlError: there is none to be had.
        """
        ...

    async def close(self) -> None:
        """Let go of the worker; may be called twice."""
        ...


class Here(Generic[Attempt, Outcome]):
    """A place in this process, which ends with it alone."""

    def __init__(self, play: Callable[[Attempt], Awaitable[Outcome]]) -> None:
        self._play = play

    async def play(self, attempt: Attempt) -> Outcome:
        """Play it as a task of this process."""
        return await self._play(attempt)

    async def renew(self) -> None:
        """Nothing has to be: what was played was cancelled."""

    async def close(self) -> None:
        """Nothing is held."""


class PlayQueue(Generic[Attempt, Outcome]):
    """A line of attempts in front of places."""

    def __init__(
        self,
        places: Sequence[Workplace[Attempt, Outcome]],
        *,
        deadline_s: float = math.inf,
        tries: int = 3,
    ) -> None:
        """Nothing is played yet.

        Args:
            places: Whose workers are there already.
            deadline_s: After which an attempt's worker is taken for lost.
            tries: Workers that may be lost with one attempt before it is given up.

        Raises:
            UsageError: there are no places, or no tries.
        """
        if not places or tries < 1 or deadline_s <= 0:
            raise UsageError("a queue has a place, a try and a deadline above 0 at least")
        self._free = list(places)
        self._places = len(places)
        """Those that are left."""
        self._deadline_s = None if math.isinf(deadline_s) else deadline_s
        self._tries = tries
        self._changed = asyncio.Condition()
        self.absent: Sequence[InfrastructureFault] = ()
        """Why places have no worker from the start."""
        self._why = ""
        """The last place could not be renewed."""

    async def play(self, attempt: Attempt) -> Outcome:
        """Wait for a place, and play; again where the worker is lost.

        Raises:
            WorkerLost: as many workers as there are tries were lost with it, or no place is left.
        """
        lost: list[str] = []
        avoided: list[Workplace[Attempt, Outcome]] = []
        while len(lost) < self._tries:
            place = await self._take(avoided)
            is_lost = False
            try:
                async with asyncio.timeout(self._deadline_s) as deadline:
                    return await place.play(attempt)
            except TimeoutError:
                if not deadline.expired():
                    raise
                is_lost = True
                lost.append(f"it was not over after {self._deadline_s:g} s")
            except WorkerLost as error:
                is_lost = True
                lost.append(str(error))
            finally:
                await self._give_back(place, is_lost)
            avoided.append(place)
        raise WorkerLost(f"{len(lost)} workers were lost with it, the last one because {lost[-1]}")

    async def _take(
        self, avoided: Sequence[Workplace[Attempt, Outcome]]
    ) -> Workplace[Attempt, Outcome]:
        """A free place, another one than before if there is a choice."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._free or not self._places)
            if not self._free:
                raise WorkerLost(f"no worker is left: {self._why}")
            place = next((each for each in self._free if each not in avoided), self._free[0])
            self._free.remove(place)
            return place

    async def _give_back(self, place: Workplace[Attempt, Outcome], is_lost: bool) -> None:
        """Let the next attempt have the place, with another worker where the last one is lost."""
        is_there = True
        if is_lost:
            try:
                await place.renew()
            except VigorlError as error:  # also where another machine lacks what it needs
                is_there, self._why = False, str(error)
                with suppress(InfrastructureFault):
                    await place.close()
        async with self._changed:
            if is_there:
                self._free.append(place)
            else:
                self._places -= 1
            self._changed.notify_all()


@asynccontextmanager
async def started_queue(
    places: Sequence[Workplace[Attempt, Outcome]], deadline_s: float
) -> AsyncIterator[PlayQueue[Attempt, Outcome]]:
    """A queue in front of places, whose workers are started before and end with the block.

    A place whose worker does not start, twice, is left out and told, as is one whose worker cannot
    be replaced later.

    Args:
        places: Without workers yet.
        deadline_s: After which an attempt's worker is taken for lost.

    Raises:
        UsageError: what a worker needs is not there.
        InfrastructureFault: none of them starts.
    """
    started: list[Workplace[Attempt, Outcome]] = []
    absent: list[InfrastructureFault] = []

    async def start(place: Workplace[Attempt, Outcome], is_last: bool = False) -> None:
        try:
            await place.renew()
        except InfrastructureFault as error:
            if not is_last:
                return await start(place, is_last=True)
            absent.append(error)
        else:
            started.append(place)

    try:
        with first_error(VigorlError):
            async with asyncio.TaskGroup() as group:
                for place in places:
                    group.create_task(start(place))
        if not started:
            raise absent[0]
        queue = PlayQueue(started, deadline_s=deadline_s)
        queue.absent = absent
        yield queue
    finally:
        await asyncio.gather(*(place.close() for place in places))
