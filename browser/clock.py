"""The seconds that an episode has: those that its policy uses, and nobody else's.

The loop lets a `Clock` run while the policy thinks and while the world does what the policy asked
for. Whoever waits for somebody else meanwhile (a server that is away, a judge, a place in a queue)
stops it with `somebody_elses_time()`, which needs to know nothing of the episode.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

LAST_WORD_S = 5.0
"""What there is at least once the clock goes on, to finish the turn that was waited for."""


class OutOfTime(Exception):
    """The policy has used its seconds."""


class Clock:
    """Counts down while it runs.

    Args:
        limit_s: Seconds on it at first.
    """

    def __init__(self, limit_s: float) -> None:
        self.left_s = limit_s
        self._since_s: float | None = None
        """When it began to run; None while it stands."""
        self._alarm: asyncio.Timeout | None = None
        self._stops = 0
        """How many have stopped it and not let it go on."""
        self._patience: asyncio.Timeout | None = None
        """Somebody's limit on one answer, which stands while the clock does."""

    def give(self, seconds: float) -> None:
        """Put seconds on it; below 0, take them from it. It must not be running."""
        self.left_s += seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let it run as long as the block lasts, which may leave less than nothing on it.

        Raises:
            OutOfTime: nothing is left; the block was cut short.
        """
        token = _CLOCK.set(self)
        try:
            async with asyncio.timeout(None) as alarm:
                self._alarm = alarm
                self._start(self.left_s)
                try:
                    yield
                finally:
                    self._stand()
                    self._alarm, self._stops = None, 0
        except TimeoutError as error:
            if not alarm.expired():
                raise
            raise OutOfTime from error
        finally:
            _CLOCK.reset(token)

    @asynccontextmanager
    async def patience(self, limit_s: float) -> AsyncIterator[asyncio.Timeout]:
        """A limit on one answer of the world, s; it stands where the clock is made to stand.

        Raises:
            TimeoutError: the limit is over (`Timeout.expired`).
        """
        token = _CLOCK.set(self)  # whether it runs or not: the first look takes no time of its
        try:
            async with asyncio.timeout(limit_s) as limit:
                self._patience = limit
                try:
                    yield limit
                finally:
                    self._patience = None
        finally:
            _CLOCK.reset(token)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it stand as long as the block lasts, and whoever waits for the world's answer.

        Does nothing where it does not run and nobody waits.
        """
        if self._alarm is None and self._patience is None:
            yield
            return
        self._stand()
        runs = self._alarm is not None
        self._stops += runs
        began_s = time.monotonic()
        limit, self._patience = self._patience, None  # of stops inside of this one, this one counts
        ends_s = limit.when() if limit is not None else None
        if limit is not None and not limit.expired():
            limit.reschedule(None)
        try:
            yield
        finally:
            if limit is not None and ends_s is not None and not limit.expired():
                limit.reschedule(ends_s + time.monotonic() - began_s)
                self._patience = limit
            if runs and self._alarm is not None:
                self._stops -= 1
                if not self._stops:
                    self._start(max(self.left_s, LAST_WORD_S))

    def _start(self, limit_s: float) -> None:
        assert self._alarm is not None
        self._since_s = time.monotonic()
        if not self._alarm.expired():
            self._alarm.reschedule(asyncio.get_running_loop().time() + limit_s)

    def _stand(self) -> None:
        if self._since_s is not None:
            self.left_s -= time.monotonic() - self._since_s
            self._since_s = None
        if self._alarm is not None and not self._alarm.expired():
            self._alarm.reschedule(None)


_CLOCK: ContextVar[Clock | None] = ContextVar("the episode's clock", default=None)


@contextmanager
def somebody_elses_time() -> Iterator[None]:
    """Time that is not the policy's: the episode's clock, if there is one, stands meanwhile."""
    clock = _CLOCK.get()
    if clock is None:
        yield
        return
    with clock.stopped():
        yield


def charge(seconds: float) -> None:
    """Time that turned out to be the policy's after all: it is taken from the episode's clock.

    To be called while the clock stands.
    """
    if (clock := _CLOCK.get()) is not None:
        clock.give(-seconds)
