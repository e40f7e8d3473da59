"""Limits of an episode: what a policy may use, and how its turns are held against that."""

from dataclasses import asdict, dataclass
from typing import Literal

from vigorl.browser.actions import Action, Wait
from vigorl.browser.errors import UsageError
from vigorl.browser.observation import Observation
from vigorl.browser.quoting import quoted
from vigorl.policy.policy import Turn
from vigorl.policy.usage import UNUSED, Usage


@dataclass(frozen=True, slots=True)
class Limits:
    """When an episode is cut short."""

    steps: int = 30
    """Turns of the policy, malformed ones included."""
    seconds: float = 600.0
    """That the policy may use, from the first look to the last action: for thinking, and for what
    its actions take. Waiting for a server that is away, a judge, or a page that has to be brought
    back is not its own."""
    tokens: int | None = None
    """Tokens sampled by the policy; None: no limit."""
    cost_usd: float | None = None
    """What the policy's turns may cost, in US dollars; None: no limit."""
    malformed: int = 3
    """Turns in a row without a readable action."""
    repeats: int = 5
    """Equal actions in a row that each left the screen as it was."""
    unchanged: int = 12
    """Actions in a row, equal or not, after which the screen was byte for byte the same."""
    clock: Literal["policy", "world"] = "policy"
    """Whose `seconds` are counted: the policy's, as above, and an episode without any left is cut
    short and scored; or those alone that its world takes to answer, and it is a fault, which is
    neither scored nor learnt from."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, int | float) and value <= 0:
                raise UsageError(f"the limit on {name} is {value}; give a number above 0")


_FOR_EVER = 10**9
UNLIMITED = Limits(
    _FOR_EVER, _FOR_EVER, None, malformed=_FOR_EVER, repeats=_FOR_EVER, unchanged=_FOR_EVER
)
"""Of an episode whose end is for whoever plays it to say: a person, or a program from outside."""


@dataclass
class Progress:
    """What the limits look at; the only state of the loop beside the observation."""

    usage: Usage = UNUSED
    malformed: int = 0
    repeats: int = 1
    unchanged: int = 0
    last_action: Action | None = None
    last_screen: str = ""
    last_turn: Turn | None = None
    turns: int = 0
    """Of the policy."""

    def note_turn(self, turn: Turn) -> None:
        """The policy has spoken."""
        self.last_turn = turn
        self.turns += 1
        self.usage += turn.usage
        self.malformed = 0 if turn.action else self.malformed + 1

    def note_screen(self, action: Action | None, observation: Observation) -> None:
        """An action has led to a screen; None: the episode begins, or somebody else has acted."""
        if observation.view is None or observation.view.kind != "screen":
            return
        screen = observation.view.picture.sha256
        same = screen == self.last_screen
        self.repeats = self.repeats + 1 if same and action == self.last_action else 1
        self.unchanged = self.unchanged + 1 if same else 0
        self.last_action, self.last_screen = action, screen

    def begin_again(self, observation: Observation) -> None:
        """A person has acted: what the policy repeats from here on begins anew."""
        self.malformed, self.unchanged, self.last_action = 0, 0, None
        self.note_screen(None, observation)

    def exceeded(self, limits: Limits) -> str | None:
        """The limit that was reached, in words."""
        if limits.tokens is not None and self.usage.sampled_tokens >= limits.tokens:
            return f"{limits.tokens} tokens sampled"
        if limits.cost_usd is not None and not self.usage.is_priced:
            return "what a turn costs is not known, so no limit on it can be kept: give its price"
        if limits.cost_usd is not None and (self.usage.cost_usd or 0) >= limits.cost_usd:
            return f"{limits.cost_usd:g} dollars spent"
        if self.malformed >= limits.malformed:
            unread = _unread(self.last_turn) if self.last_turn is not None else ""
            return f"{limits.malformed} turns in a row without a readable action{unread}"
        if self.repeats >= limits.repeats and not isinstance(self.last_action, Wait):
            return f"the same action {limits.repeats} times in a row changed nothing"
        if self.unchanged >= limits.unchanged:
            return f"{limits.unchanged} actions in a row changed nothing on the screen"
        return None


def _unread(turn: Turn) -> str:
    """How the last turn looked that could not be read, and what is known of it."""
    said = f", the last: {quoted(turn.text)}" if turn.text.strip() else ", the last without a word"
    return f"{said} ({turn.notice})" if turn.notice else said
