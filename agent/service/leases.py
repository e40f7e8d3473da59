"""Leases: the places of an environment service, each held by one session."""

import asyncio
import logging

logger = logging.getLogger(__name__)


class NoLease(Exception):
    """There is none to be had.

    Args:
        code: What OpenEnv's clients are told.
        message: In words.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Lease:
    """One place, held."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why the place is taken back; not done as long as it is not."""

    def end(self, why: str) -> None:
        """Take the place back."""
        if not self.ended.done():
            self.ended.set_result(why)


class Leases:
    """All places.

    Args:
        places: How many.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.is_draining = False
        self._held: set[Lease] = set()
        self._none_held = asyncio.Event()
        self._none_held.set()

    @property
    def held(self) -> int:
        """How many places are leased."""
        return len(self._held)

    def take(self) -> Lease:
        """A place.

        Raises:
            NoLease: all are held, or the service is about to end.
        """
        if self.is_draining:
            raise NoLease("DRAINING", "the service is about to end")
        if self.held >= self.places:
            raise NoLease("CAPACITY_REACHED", f"all {self.places} places are leased")
        lease = Lease()
        self._held.add(lease)
        self._none_held.clear()
        return lease

    def give_back(self, lease: Lease) -> None:
        """Let somebody else have the place."""
        self._held.discard(lease)
        if not self._held:
            self._none_held.set()

    async def drain(self, grace_s: float, last_s: float) -> None:
        """Give no more places, and wait until all are given back.

        Args:
            grace_s: Time after which those that are held are taken back.
            last_s: Time that their sessions have then, to close what they opened.
        """
        self.is_draining = True
        try:
            async with asyncio.timeout(grace_s):
                await self._none_held.wait()
        except TimeoutError:
            logger.warning("%d sessions did not end in time", self.held)
        finally:  # also where somebody is in a greater hurry
            for lease in list(self._held):
                lease.end("the service is about to end")
            try:
                async with asyncio.timeout(last_s):
                    await self._none_held.wait()
            except TimeoutError:
                logger.warning("%d sessions do not close", self.held)
