"""EpisodeQuery: which episodes a list shows, and in which order; all of it from an address."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from vigorl.agent.viewer.server.entry import EpisodeEntry
from vigorl.browser.environment import is_solved
from vigorl.browser.errors import UsageError

PAGE_LENGTH = 50
"""Episodes of one page."""
MOST_CHOICES = 40
"""Tasks, models or reasons that a list offers to choose from, the most frequent ones."""

SCORES: dict[str, Callable[[float | None], bool]] = {
    "solved": lambda score: score is not None and is_solved(score),
    "partly": lambda score: score is not None and score > 0 and not is_solved(score),
    "zero": lambda score: score == 0,
    "none": lambda score: score is None,
}
"""What the score may be asked to be."""

SORTS: dict[str, Callable[[EpisodeEntry], Any]] = {
    "started": lambda entry: entry.started_at or None,
    "score": lambda entry: entry.score,
    "steps": lambda entry: entry.steps,
    "seconds": lambda entry: entry.seconds,
    "goal": lambda entry: entry.goal.casefold() or None,
    "policy": lambda entry: entry.policy.casefold() or None,
    "task": lambda entry: entry.task or None,
    "status": lambda entry: entry.status,
}
"""By what is sorted; what has no value comes last, either way."""


@dataclass(frozen=True, slots=True)
class EpisodeQuery:
    """What is asked of a list; empty: everything, the newest first."""

    q: str = ""
    """Words that all stand in the goal, the answer, the reason or the place."""
    status: str = ""
    score: str = ""
    reason: str = ""
    """A part of it."""
    task: str = ""
    """Its name, without a seed."""
    model: str = ""
    since: str = ""
    """A day, in UTC."""
    until: str = ""
    sort: str = "-started"
    """A key of SORTS; with a minus, the largest first."""
    page: int = 1

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "EpisodeQuery":
        """From the part of an address behind its question mark.

        Raises:
            UsageError: something asked for is none of its kind.
        """
        known = {name: asked[name].strip() for name in asdict(cls()) if asked.get(name, "").strip()}
        page = known.pop("page", "1")
        if not page.isascii() or not page.isdigit() or not 1 <= len(page) <= 9:
            raise UsageError(f"page {page!r} is no number")
        query = cls(**known, page=max(1, int(page)))
        if query.sort.removeprefix("-") not in SORTS:
            raise UsageError(f"there is no order by {query.sort!r}: by {', '.join(SORTS)}")
        if query.score and query.score not in SCORES:
            raise UsageError(f"there is no score {query.score!r}: {', '.join(SCORES)}")
        for day in filter(None, (query.since, query.until)):
            try:
                date.fromisoformat(day)
            except ValueError as error:
                raise UsageError(f"{day!r} is no day: write it as 2026-11-29") from error
        return query

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return replace(self, sort="", page=1) != EpisodeQuery(sort="")

    def address(self, **changes: Any) -> str:
        """What stands behind the question mark of an address that asks this, with changes.

        Another order or filter begins at the first page.
        """
        changed = replace(self, **{"page": 1, **changes})
        usual = asdict(EpisodeQuery())
        return urlencode(
            {name: value for name, value in asdict(changed).items() if value != usual[name]}
        )

    def sorted_by(self, key: str) -> str:
        """The order that a click on a column asks for: by it, or the other way around."""
        first = key if key in ("goal", "policy", "task", "status") else f"-{key}"
        other = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        return other if self.sort == first else first

    def chosen(self, entries: Iterable[EpisodeEntry]) -> list[EpisodeEntry]:
        """The episodes that are asked for, in order."""
        found = [entry for entry in entries if self._admits(entry)]
        name = self.sort.removeprefix("-")
        value_of = SORTS[name]
        known = [entry for entry in found if value_of(entry) is not None]
        # By their places where the rest is the same, so that the order never depends on the disk.
        known.sort(key=lambda entry: entry.place)
        known.sort(key=value_of, reverse=self.sort.startswith("-"))
        unknown = [entry for entry in found if value_of(entry) is None]
        return known + sorted(unknown, key=lambda entry: entry.place)

    def _admits(self, entry: EpisodeEntry) -> bool:
        day = entry.started_at[:10]
        return (
            (not self.status or entry.status == self.status)
            and (not self.score or SCORES[self.score](entry.score))
            and (not self.model or entry.policy == self.model)
            and (not self.task or entry.task_name == self.task)
            and (not self.since or day >= self.since)
            and (not self.until or "" < day <= self.until)
            and (not self.reason or self.reason.casefold() in entry.told.casefold())
            and (not self.q or _has_all(entry, self.q.casefold().split()))
        )


def _has_all(entry: EpisodeEntry, words: Sequence[str]) -> bool:
    text = "\n".join((entry.goal, entry.answer, entry.told, entry.place, entry.task)).casefold()
    return all(word in text for word in words)


@dataclass(frozen=True)
class ListChoices:
    """What there is to choose from, each with how many have it, the most frequent first."""

    statuses: dict[str, int]
    models: dict[str, int]
    tasks: dict[str, int]
    reasons: dict[str, int]

    @classmethod
    def among(cls, entries: Sequence[EpisodeEntry]) -> "ListChoices":
        """Of all episodes of a list, before any is left out."""

        def counted(value_of: Callable[[EpisodeEntry], str]) -> dict[str, int]:
            counts = Counter(map(value_of, entries))
            counts.pop("", None)
            return dict(counts.most_common(MOST_CHOICES))

        return cls(
            counted(lambda entry: entry.status),
            counted(lambda entry: entry.policy),
            counted(lambda entry: entry.task_name),
            counted(lambda entry: entry.told),
        )
