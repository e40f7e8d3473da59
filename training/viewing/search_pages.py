"""Pages of a search: its samples, and the tree of one."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.viewer.server.entry import EpisodeEntry
from vigorl.agent.viewer.server.listing import EpisodeList
from vigorl.agent.viewer.server.viewer import viewer_of
from vigorl.browser.environment import is_solved
from vigorl.browser.errors import InconsistentData
from vigorl.training.search.record import TREE, play_folder, read_tree
from vigorl.training.search.search_tree import SearchTree
from vigorl.training.viewing.training_pages import read_config

MOST_NODES = 2000
"""Of a tree that one page shows."""
MOST_TREE_BYTES = 32 << 20


@dataclass(frozen=True)
class SearchedSample:
    """A sample in the list of a search."""

    name: str
    episodes: tuple[EpisodeEntry, ...]

    @property
    def goal(self) -> str:
        """What was asked."""
        return next((each.goal for each in self.episodes if each.goal), self.name)

    @property
    def solved(self) -> int:
        """Episodes that found the way."""
        return sum(each.score is not None and is_solved(each.score) for each in self.episodes)


def show_search(request: Request) -> Response:
    """`/search/<place>`: its samples, and all its episodes."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    folder = viewer.places.folder(place)
    entries = viewer.index.snapshot().below(place)
    by_sample: dict[str, list[EpisodeEntry]] = defaultdict(list)
    for entry in entries:
        by_sample[entry.place.removeprefix(f"{place}/").partition("/")[0]].append(entry)
    return viewer.page(
        request,
        "search.html.jinja",
        place=place,
        config=read_config(folder),
        samples=[SearchedSample(name, tuple(by_sample[name])) for name in sorted(by_sample)],
        list=EpisodeList.of(request, entries, place),
    )


@dataclass(frozen=True)
class TreeNodeView:
    """A step of a tree as it is drawn."""

    number: int
    parent: int | None
    value: float | None
    """Mean score of the episodes through it; None: none was judged."""
    visits: int
    text: str
    names: tuple[str, ...]
    is_closed: bool
    is_best: bool
    """It is on the way that was visited most among those of the highest value."""
    play: str
    """The place of the episode that it was first said in; empty for the root."""
    children: tuple[int, ...]
    depth: int
    row: float
    """Where it is drawn: leaves take a row each, and others the middle of their children."""

    @property
    def tone(self) -> str:
        """The colour of its value."""
        if self.value is None:
            return ""
        return "good" if is_solved(self.value) else "bad" if self.value == 0 else "warn"


def tree_view(tree: SearchTree, place: str) -> list[TreeNodeView]:
    """A tree laid out.

    Args:
        tree: As it was recorded.
        place: Of its sample.

    Raises:
        InconsistentData: its nodes do not form a tree.
    """
    order = list(_depth_first(tree))
    if sorted(order) != list(range(len(tree.nodes))):
        raise InconsistentData(f"the tree of {place} does not hang together")
    rows: dict[int, float] = {}
    leaves = 0
    for number in order:
        if not tree.nodes[number].children:
            rows[number] = leaves
            leaves += 1
    for number in reversed(order):
        if children := tree.nodes[number].children:
            rows[number] = (rows[children[0]] + rows[children[-1]]) / 2
    best = _best_way(tree)
    return [
        TreeNodeView(
            number,
            node.parent,
            node.value if node.visits else None,
            node.visits,
            node.step.text if node.step else "",
            node.step.names if node.step else (),
            node.is_closed,
            number in best,
            play_folder(Path(place), node.play).as_posix() if node.play >= 0 else "",
            tuple(node.children),
            node.depth,
            rows[number],
        )
        for number, node in enumerate(tree.nodes)
    ]


def _depth_first(tree: SearchTree) -> Iterator[int]:
    left, seen = [0] if tree.nodes else [], set()
    while left:
        number = left.pop()
        if number in seen or not 0 <= number < len(tree.nodes):
            raise InconsistentData("a step of the tree stands behind itself, or behind none")
        seen.add(number)
        yield number
        left += reversed(tree.nodes[number].children)


def _best_way(tree: SearchTree) -> set[int]:
    """From the root down, the child of the highest value, of several the most visited."""
    way, at = set(), 0
    while tree.nodes[at].visits and tree.nodes[at].value > 0:
        way.add(at)
        if not tree.nodes[at].children:
            break
        at = max(
            tree.nodes[at].children,
            key=lambda child: (tree.nodes[child].value, tree.nodes[child].visits),
        )
    return way


def show_tree(request: Request) -> Response:
    """`/tree/<place of a sample's folder>`."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    folder = viewer.places.folder(place)
    file = folder / TREE
    if not file.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{place} holds no tree")
    if file.stat().st_size > MOST_TREE_BYTES:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{file} has {file.stat().st_size / 2**20:,.0f} MiB, which is too much for one page",
        )
    stored = read_tree(folder)
    if len(stored.tree.nodes) > MOST_NODES:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"the tree has {len(stored.tree.nodes):,} steps, which is too much for one page",
        )
    nodes = tree_view(stored.tree, place)
    search = place.rpartition("/")[0]
    entries = {entry.place for entry in viewer.index.snapshot().below(place)}
    return viewer.page(
        request,
        "tree.html.jinja",
        place=place,
        search=search,
        stored=stored,
        nodes=nodes,
        recorded=entries,
        deepest=max((node.depth for node in nodes), default=0),
        rows=max((node.row for node in nodes), default=0),
    )
