"""Results: what came of each sample of an evaluation, a line each."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.record.trajectory import Status
from vigorl.browser.environment import is_solved
from vigorl.browser.errors import InconsistentData, LeftOut, UsageError
from vigorl.browser.run_folder import whole_lines
from vigorl.policy.usage import UNUSED, Usage


@dataclass(frozen=True, slots=True)
class Result:
    """One line of `results.jsonl`."""

    id: str
    cells: tuple[str, ...]
    score: float | None
    why: str
    status: Status
    reason: str
    steps: int
    seconds: float
    trajectory: str
    by_other_rules: dict[str, float] = field(default_factory=dict)
    """What the same state scores by other rules than the task's own, by their name."""
    cluster: str = ""
    """What it shares with results that are not independent of it: a still picture, by its hash."""
    second_look: bool | None = None
    """Whether a second look calls done what the policy calls done; None where none was taken."""
    fault: str = ""
    """What kind of fault has ended it, by the name of its error."""
    broke: tuple[str, ...] = ()
    """How earlier tries of it broke, in a line each."""
    is_mistake: bool = False
    """Whether it met a mistake of the program."""
    refused: dict[str, int] = field(default_factory=dict)
    """Connections that the boundary has refused, by host and port."""
    denied: int = 0
    """Actions, windows and downloads that were blocked, or to which somebody said no."""
    usage: Usage = UNUSED
    """Tokens and cost, those of earlier tries included."""

    @property
    def is_solved(self) -> bool | None:
        """Whether the task is solved; None where nobody could judge."""
        return None if self.score is None else is_solved(self.score)

    @property
    def is_broken(self) -> bool:
        """Whether a fault has kept it from being scored, and not the protocol of its benchmark."""
        by_protocol = self.fault == LeftOut.__name__
        return self.status == "fault" and self.score is None and not by_protocol


_RESULT = TypeAdapter(Result)


def read_results(folder: Path) -> list[Result]:
    """The results of an evaluation so far; a last line that was cut off by a kill is left out.

    Raises:
        UsageError: there is no evaluation in this folder.
        InconsistentData: a line cannot be read.
    """
    path = folder / "results.jsonl"
    try:
        lines = whole_lines(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"no evaluation at {folder}: there is no {path}") from error
    results: dict[str, Result] = {}
    for number, line in enumerate(lines, 1):
        try:
            result = _RESULT.validate_json(line)
        except ValidationError as error:
            raise InconsistentData(f"{path}, line {number}: {error}") from error
        results[result.id] = result
    return list(results.values())
