"""Lists of episodes: filtered, sorted, a page at a time; all of it stands in the address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.viewer.page_setting import PageLink
from vigorl.agent.viewer.server.entry import EpisodeEntry
from vigorl.agent.viewer.server.index import CollectionEntry
from vigorl.agent.viewer.server.places import address
from vigorl.agent.viewer.server.query import PAGE_LENGTH, EpisodeQuery, ListChoices
from vigorl.agent.viewer.server.viewer import viewer_of


@dataclass(frozen=True)
class EpisodeList:
    """One page of a list, and what leads to the others."""

    query: EpisodeQuery
    choices: ListChoices
    total: int
    """Episodes of which the list is a part."""
    found: int
    """Those that are asked for."""
    entries: tuple[EpisodeEntry, ...]
    """Those on this page."""
    page: int
    pages: int
    scope: str = ""
    """The place that its episodes are below; empty: everything."""

    @classmethod
    def of(
        cls, request: Request, entries: Sequence[EpisodeEntry], scope: str = ""
    ) -> "EpisodeList":
        """The list that an address asks for.

        Args:
            request: What was asked.
            entries: All that the list could show.
            scope: Where they are.

        Raises:
            UsageError: the address asks for what there is not.
        """
        query = EpisodeQuery.of(request.query_params)
        found = query.chosen(entries)
        pages = max(1, -(-len(found) // PAGE_LENGTH))
        page = min(query.page, pages)
        shown = tuple(found[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH])
        return cls(
            query, ListChoices.among(entries), len(entries), len(found), shown, page, pages, scope
        )

    @property
    def numbers(self) -> list[int | None]:
        """The pages to choose from; None: some are left out."""
        near = {1, self.pages, *range(self.page - 2, self.page + 3)}
        shown = sorted(number for number in near if 1 <= number <= self.pages)
        numbers: list[int | None] = []
        for number in shown:
            if numbers and number - (numbers[-1] or 0) > 1:
                numbers.append(None)
            numbers.append(number)
        return numbers

    @property
    def carried(self) -> str:
        """What the addresses of its episodes carry, so that they know their neighbours."""
        return carried(self.query, self.scope)


def carried(query: EpisodeQuery, scope: str) -> str:
    """What an episode's address carries of the list that it was opened from; may be empty."""
    within = urlencode({"in": scope}) if scope else ""
    return "&".join(filter(None, (query.address(), within)))


@dataclass(frozen=True)
class Neighbours:
    """Where an episode stands in the list that it was opened from."""

    scope: CollectionEntry | None
    """None: the list of everything."""
    query: EpisodeQuery
    page: int
    """The one of the list that it is on."""
    before: str = ""
    """Places of the episodes beside it; empty: none."""
    behind: str = ""

    @classmethod
    def of(cls, request: Request, place: str) -> "Neighbours":
        """Of an episode, by what its address carries.

        Raises:
            UsageError: the address asks for what there is not.
        """
        snapshot = viewer_of(request).index.snapshot(wait_s=0)
        within = request.query_params.get("in", "")
        scope = next((each for each in snapshot.collections if each.place == within), None)
        query = EpisodeQuery.of(request.query_params)
        entries = snapshot.below(scope.place) if scope else snapshot.episodes
        places = [entry.place for entry in query.chosen(entries)]
        if place not in places:
            return cls(scope, query, query.page)
        at = places.index(place)
        beside = ["", *places, ""]
        return cls(scope, query, at // PAGE_LENGTH + 1, beside[at], beside[at + 2])

    def links(self, base: str) -> Iterator[PageLink]:
        """The list, and the episodes before and behind this one."""
        place = f"/{self.scope.kind}/{address(self.scope.place)}" if self.scope else "/"
        words = self.scope.name if self.scope else "All episodes"
        yield PageLink(words, f"{base}{place}?{self.query.address(page=self.page)}", "up")
        more = carried(self.query, self.scope.place if self.scope else "")
        if self.before:
            yield PageLink("Previous", f"{base}/episode/{address(self.before)}?{more}", "prev")
        if self.behind:
            yield PageLink("Next", f"{base}/episode/{address(self.behind)}?{more}", "next")


def show_list(request: Request) -> Response:
    """All episodes."""
    viewer = viewer_of(request)
    snapshot = viewer.index.snapshot()
    return viewer.page(
        request,
        "list.html.jinja",
        list=EpisodeList.of(request, snapshot.episodes),
        snapshot=snapshot,
        roots=[str(root) for root in viewer.places.roots.values()],
    )
