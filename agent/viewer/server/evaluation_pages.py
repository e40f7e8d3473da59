"""Pages of an evaluation, and of two of them side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.evaluation.comparison import Comparison, compare
from vigorl.agent.evaluation.evaluation import Result, read_results, summarise
from vigorl.agent.evaluation.report import ResultTable, disbelief, notes_of, plain_report
from vigorl.agent.evaluation.statistics import Cell
from vigorl.agent.viewer.server.listing import EpisodeList
from vigorl.agent.viewer.server.viewer import viewer_of

_TABLES = TypeAdapter(dict[str, dict[str, dict[str, Cell]]])
PAIRS_LENGTH = 100
"""Pairs of samples on one page."""

Change = Literal["worse", "better", "same", "unscored"]
CHANGES: tuple[Change, ...] = ("worse", "better", "same", "unscored")
"""What the second scores against the first, in the order of the page."""


def show_evaluation(request: Request) -> Response:
    """`/evaluation/<place>`: its tables as far as it has come, and its episodes."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    folder = viewer.places.folder(place)
    results = read_results(folder)
    snapshot = viewer.index.snapshot()
    summary = summarise(results, folder) if results else None
    doubt = disbelief(summary) if summary else None
    grids: tuple[ResultTable, ...] = ()
    if summary and doubt is None:
        grids = (*_benchmark_tables(folder), *plain_report(summary, "").grids)
    return viewer.page(
        request,
        "evaluation.html.jinja",
        place=place,
        list=EpisodeList.of(request, snapshot.below(place), place),
        grids=grids,
        doubt=doubt,
        notes=notes_of(summary) if summary else (),
        is_over=(folder / "summary.json").is_file(),
        others=[
            each.place
            for each in snapshot.collections
            if each.kind == "evaluation" and each.place != place
        ],
    )


def _benchmark_tables(folder: Path) -> Iterator[ResultTable]:
    """The tables that a benchmark has of its own; none where the file is no such thing."""
    try:
        tables = _TABLES.validate_json((folder / "tables.json").read_bytes())
    except (OSError, ValidationError):
        return
    for name, lines in tables.items():
        columns = tuple(next(iter(lines.values()), {}))
        rows = {
            line: tuple(cells[column] for column in columns)
            for line, cells in lines.items()
            if tuple(cells) == columns
        }
        yield ResultTable(name, columns, rows)


@dataclass(frozen=True, slots=True)
class ResultPair:
    """What became of one sample in two evaluations; places of its episodes."""

    id: str
    one: Result
    other: Result
    one_place: str
    other_place: str

    @property
    def change(self) -> Change:
        """How the second did against the first."""
        if self.one.score is None or self.other.score is None:
            return "unscored"
        if self.one.score == self.other.score:
            return "same"
        return "better" if self.other.score > self.one.score else "worse"


def show_difference(request: Request) -> Response:
    """`/difference?evaluation=<A>&evaluation=<B>`: paired, sample by sample."""
    viewer = viewer_of(request)
    places = [place.strip("/") for place in request.query_params.getlist("evaluation")]
    if len(places) != 2 or places[0] == places[1]:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "choose two evaluations to compare")
    one, other = (viewer.places.folder(place) for place in places)
    for place, folder in zip(places, (one, other), strict=True):
        for result in read_results(folder):  # whose episodes are read
            viewer.places.folder(f"{place}/{result.trajectory}")
    comparison = _compared(one, other, *map(_stamp, (one, other)))
    pairs = list(_pairs(one, other, places))
    counts = {change: sum(pair.change == change for pair in pairs) for change in CHANGES}
    asked = request.query_params.get("show", "")
    differing: Sequence[str] = (asked,) if asked in CHANGES else ("worse", "better")
    shown = [pair for change in differing for pair in pairs if pair.change == change]
    return viewer.page(
        request,
        "difference.html.jinja",
        comparison=comparison,
        places=places,
        counts=counts,
        asked=asked,
        pairs=shown[:PAIRS_LENGTH],
        left_out=max(0, len(shown) - PAIRS_LENGTH),
    )


def _stamp(folder: Path) -> int:
    try:
        return (folder / "results.jsonl").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def _compared(one: Path, other: Path, *stamps: int) -> Comparison:
    """As `compare`, once for each state of the two."""
    return compare(one, other)


def _pairs(one: Path, other: Path, places: Sequence[str]) -> Iterator[ResultPair]:
    second = {result.id: result for result in read_results(other)}
    for result in read_results(one):
        if (counterpart := second.get(result.id)) is not None:
            yield ResultPair(
                result.id,
                result,
                counterpart,
                f"{places[0]}/{result.trajectory}",
                f"{places[1]}/{counterpart.trajectory}",
            )
