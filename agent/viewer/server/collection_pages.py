"""Pages of evaluations, trainings, searches and studies: what there is of each."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.viewer.server.entry import EpisodeEntry
from vigorl.agent.viewer.server.index import CollectionEntry, CollectionKind, Snapshot
from vigorl.agent.viewer.server.viewer import viewer_of

WORDS: dict[CollectionKind, str] = {
    "evaluation": "Evaluations",
    "training": "Trainings",
    "search": "Searches",
    "study": "Studies",
}


@dataclass(frozen=True)
class CollectionRow:
    """One of them in a list."""

    entry: CollectionEntry
    episodes: tuple[EpisodeEntry, ...]

    @property
    def models(self) -> list[str]:
        """Who played."""
        return sorted({each.policy for each in self.episodes if each.policy})

    @property
    def score(self) -> float | None:
        """The mean score of those that could be judged."""
        scores = [each.score for each in self.episodes if each.score is not None]
        return sum(scores) / len(scores) if scores else None

    @property
    def faults(self) -> int:
        """Episodes that a fault has ended."""
        return sum(each.status == "fault" for each in self.episodes)

    @property
    def is_running(self) -> bool:
        """Whether something in it was written a moment ago by what has not come to its end."""
        return any(each.status == "running" for each in self.episodes)

    @property
    def changed_ns(self) -> int:
        """When something was last written."""
        return max(self.entry.changed_ns, *(each.stamp.changed_ns for each in self.episodes), 0)

    @property
    def changed(self) -> str:
        """The same in UTC, as a list says it."""
        return f"{datetime.fromtimestamp(self.changed_ns / 1e9, UTC):%Y-%m-%d %H:%M}"


def rows_of(snapshot: Snapshot, kind: CollectionKind) -> list[CollectionRow]:
    """All of a kind, what was written last first."""
    rows = [
        CollectionRow(entry, tuple(snapshot.below(entry.place)))
        for entry in snapshot.collections
        if entry.kind == kind
    ]
    return sorted(rows, key=lambda row: (row.changed_ns, row.entry.place), reverse=True)


def show_collections(request: Request) -> Response:
    """`/all/<kind>`."""
    viewer = viewer_of(request)
    kind = next((each for each in WORDS if each == request.path_params["kind"]), None)
    if kind is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there are {', '.join(WORDS.values())}")
    rows = rows_of(viewer.index.snapshot(), kind)
    return viewer.page(
        request, "collections.html.jinja", here=kind, heading=WORDS[kind], rows=rows, kind=kind
    )
