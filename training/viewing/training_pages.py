"""The page of a training: its curves as they grow, and the groups of its rollouts."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.viewer.server.entry import EpisodeEntry
from vigorl.agent.viewer.server.viewer import viewer_of
from vigorl.training.viewing.curves import read_metrics

FRESH_S = 3
"""Between two looks at a training that is shown."""


@dataclass(frozen=True)
class SiblingRow:
    """A group of rollouts in a list."""

    update: str
    """Name of its folder."""
    name: str
    """What the names of its rollouts begin with."""
    rollouts: tuple[EpisodeEntry, ...]

    @property
    def goal(self) -> str:
        """What all of them were to do."""
        return next((each.goal for each in self.rollouts if each.goal), self.name)

    @property
    def scores_differ(self) -> bool:
        """Whether one scored more than another; rewards may differ in other parts."""
        return len({each.score for each in self.rollouts if each.score is not None}) > 1


def show_training(request: Request) -> Response:
    """`/training/<place>`: its curves, and the groups of one update (`?update=`)."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    folder = viewer.places.folder(place)
    groups = siblings(viewer.index.snapshot().below(f"{place}/rollouts"))
    updates = sorted({group.update for group in groups}, reverse=True)
    asked = request.query_params.get("update", "")
    update = asked if asked in updates else next(iter(updates), "")
    return viewer.page(
        request,
        "training.html.jinja",
        place=place,
        metrics=read_metrics(folder),
        config=read_config(folder),
        updates=updates,
        update=update,
        groups=[group for group in groups if group.update == update],
        fresh_s=FRESH_S,
    )


def siblings(entries: Sequence[EpisodeEntry]) -> list[SiblingRow]:
    """The rollouts below a folder of `rollouts`, put together to groups, in order."""
    found: dict[tuple[str, str], list[EpisodeEntry]] = defaultdict(list)
    for entry in entries:
        update, _, name = entry.place.rpartition("/rollouts/")[2].partition("/")
        group, _, index = name.rpartition("-")
        if group and index.isdigit():
            found[update, group].append(entry)
    return [
        SiblingRow(update, name, tuple(sorted(rollouts, key=_index)))
        for (update, name), rollouts in sorted(found.items())
    ]


def _index(entry: EpisodeEntry) -> int:
    return int(entry.name.rpartition("-")[2])


def read_config(folder: Path) -> dict[str, Any]:
    """What a folder's config.json says; nothing where it cannot be read."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}
