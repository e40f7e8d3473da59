"""An episode as a conversation that only grows, until its window forces a new beginning.

As long as nothing is dropped, the messages of one turn begin with those of the turn before. What
leaves the window (the oldest screens with their zoomed views, the oldest of these where one screen
has too many) rewrites the history: past actions become a list in the first message, and the
tokens that follow form a new row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigorl.browser.action_space import EVERY_ACTION, ActionSpace
from vigorl.browser.actions import Action, Click, Type, Zoom
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Event, Mark, Observation
from vigorl.browser.picture import Picture, View
from vigorl.browser.quoting import address, quoted, shortened, visible
from vigorl.policy.backend import Message, Reply
from vigorl.policy.escape import escape, escape_controls
from vigorl.policy.family import Family
from vigorl.policy.grammar import Dialect, write_answer
from vigorl.policy.images import FittedImage, fit
from vigorl.policy.points import write_point
from vigorl.policy.policy import ShownImage, Tokens

_LONGEST_TITLE = 200
_LONGEST_URL = 400
_LONGEST_EVENT = 1000


@dataclass(frozen=True)
class _Exchange:
    """What was shown and told once, and what the model said to it."""

    news: str
    image: FittedImage | None
    is_screen: bool
    point: str
    """Where a zoom was centred, in the model's coordinates."""
    reply: Message | None = None
    action: str = ""
    """The action of the reply as a line of the list of past actions; empty if it has none."""


class Conversation:
    """What one model has seen and said in one episode; `see` and `hear` take turns."""

    def __init__(self, goal: str, family: Family) -> None:
        self._goal = escape(goal)
        self._family = family
        self._past: list[str] = []
        self._pictures: tuple[FittedImage, ...] = ()  # of the goal; they stay
        self._exchanges: list[_Exchange] = []
        self._dialect: Dialect | None = None
        self._actions: ActionSpace = EVERY_ACTION  # as the first screen says

    @property
    def dialect(self) -> Dialect:
        """How the turn about the last screen is written."""
        if self._dialect is None:
            raise InconsistentData("a conversation begins with a screen")
        return self._dialect

    def see(self, observation: Observation) -> None:
        """Add what is new, and drop what no longer fits the window.

        Raises:
            InconsistentData: the last observation has not been answered, or the first shows
                no screen.
            UsageError: the family needs marks, and the environment draws none.
        """
        if self._exchanges and self._exchanges[-1].reply is None:
            raise InconsistentData("two observations without a turn between them")
        if not self._exchanges and (observation.view is None or observation.view.kind != "screen"):
            raise InconsistentData("a conversation begins with a screen")
        if not self._exchanges:
            self._actions = observation.actions
            observation = self._see_pictures(observation)
        self._exchanges.append(self._exchange(observation))
        while self._screen_count > self._family.window_screens:
            self._drop_oldest_screen()
        while self._image_count > self._family.max_images - len(self._pictures):
            if self._screen_count > 1:
                self._drop_oldest_screen()
            else:
                self._drop_oldest_look()

    def hear(self, reply: Reply, action: Action | None) -> None:
        """Add what the model said and, if it said one, the action that it chose."""
        if not self._exchanges or self._exchanges[-1].reply is not None:
            raise InconsistentData("two turns without an observation between them")
        message = Message("assistant", (escape_controls(reply.text),), reply.sampled_ids)
        line = "" if action is None else escape(_past_line(action, self.dialect))
        self._exchanges[-1] = replace(self._exchanges[-1], reply=message, action=line)

    def messages(self) -> tuple[Message, ...]:
        """Everything that the model is to read now."""
        wording = self._family.wording
        messages: list[Message] = []
        system = self._family.system_prompt(self._actions)
        if system is not None:
            messages.append(Message("system", (system,)))
        for index, exchange in enumerate(self._exchanges):
            if index == 0:
                template = wording.opening
            elif exchange.image is None:
                template = wording.told
            else:
                template = wording.screen if exchange.is_screen else wording.zoomed
            pictures = self._pictures if index == 0 else ()
            messages.append(self._message(template, exchange, pictures))
            if exchange.reply is not None:
                messages.append(exchange.reply)
        return tuple(messages)

    def _see_pictures(self, observation: Observation) -> Observation:
        """Keep the goal's pictures as far as there is room for them beside one screen."""
        shown = observation.pictures[: self._family.max_images - 1]
        self._pictures = tuple(_whole(picture, self._family) for picture in shown)
        if left_out := len(observation.pictures) - len(shown):
            sentence = f"{left_out} of the pictures that belong to the task cannot be shown."
            return observation.with_event("blocked", sentence)
        return observation

    @property
    def _screen_count(self) -> int:
        return sum(exchange.is_screen for exchange in self._exchanges)

    @property
    def _image_count(self) -> int:
        return sum(exchange.image is not None for exchange in self._exchanges)

    def _exchange(self, observation: Observation) -> _Exchange:
        view = observation.view
        if view is None:
            return _Exchange(self._news(observation, None), None, False, "")
        image, frame = fit(view, self._family.size)
        if view.kind == "screen":
            if self._family.format.acts_on_marks and observation.marks is None:
                raise UsageError(
                    f"{self._family.name} acts on numbered marks, and the screen has none: let "
                    "the environment draw them (vigorl.browser.marks)"
                )
            self._dialect = self._family.dialect(frame, observation.marks or (), self._actions)
            return _Exchange(self._news(observation, image), image, True, "")
        point = _middle_of(view, self.dialect)
        return _Exchange(self._news(observation, None), image, False, point)

    def _news(self, observation: Observation, screen: FittedImage | None) -> str:
        """What is said beside the picture: one short line for each fact, each ended."""
        lines = []
        if screen is not None and self._family.wording.tells_page:
            title = quoted(observation.title, _LONGEST_TITLE)
            lines.append(f"Page: {title} at {address(observation.url, _LONGEST_URL)}")
            if len(observation.tabs) > 1:
                names = (
                    f"{index} {quoted(tab.title, _LONGEST_TITLE)}{' (shown)' if tab.active else ''}"
                    for index, tab in enumerate(observation.tabs)
                )
                lines.append(f"Tabs: {', '.join(names)}")
            if self._family.coordinates == "pixels":
                lines.append(f"Picture: {screen.width_px} x {screen.height_px} pixels")
        page_lines = [escape(line) for line in lines]
        told = [*page_lines, *map(_told, observation.events)]
        if observation.question is not None:  # an event says what is asked
            told.append("Nothing else is possible until this is answered: accept or dismiss.")
        return "".join(f"{line}\n" for line in told)

    def _message(
        self, template: str, exchange: _Exchange, pictures: Sequence[FittedImage]
    ) -> Message:
        wording = self._family.wording
        actions = "\n".join(f"{number}. {line}" for number, line in enumerate(self._past, 1))
        fields = {
            "goal": self._goal,
            "past": wording.past.format(actions=actions) if actions else wording.no_past,
            "news": exchange.news,
            "point": exchange.point,
        }
        before, _, after = template.partition("{image}")
        parts: list[str | FittedImage] = []
        for number, picture in enumerate(pictures, 1):
            lead, _, rest = wording.goal_picture.partition("{image}")
            parts += [lead.format(number=number), picture, rest.format(number=number)]
        parts.append(before.format(**fields))
        if exchange.image is not None:
            parts += [exchange.image, after.format(**fields)]
        return Message("user", tuple(part for part in parts if part != ""))

    def _drop_oldest_screen(self) -> None:
        """Forget the first screen and all that was shown and said until the next one."""
        screens = [index for index, each in enumerate(self._exchanges) if each.is_screen]
        dropped, self._exchanges = self._exchanges[: screens[1]], self._exchanges[screens[1] :]
        self._past += [exchange.action for exchange in dropped if exchange.action]

    def _drop_oldest_look(self) -> None:
        """Forget the first zoomed view: the turn that asked for it, and what it showed."""
        look = next(
            index
            for index, each in enumerate(self._exchanges)
            if each.image is not None and not each.is_screen
        )
        asked, shown = self._exchanges[look - 1 : look + 1]
        self._exchanges[look - 1 : look + 1] = [
            replace(asked, reply=shown.reply, action=shown.action)
        ]


class RowKeeper:
    """Sorts an episode's turns into rows of tokens.

    A turn continues the row where its prompt literally begins with what the row holds, pictures
    included; whatever the reason, otherwise it begins a new one.
    """

    def __init__(self) -> None:
        self._row = -1
        self._ids: tuple[int, ...] = ()
        self._images: tuple[ShownImage, ...] = ()

    def record(self, reply: Reply) -> Tokens | None:
        """The tokens that this turn adds; None where the backend does not tell them."""
        if reply.prompt_ids is None or reply.sampled_ids is None:
            return None
        held, shown = len(self._ids), len(self._images)
        continues = (
            self._row >= 0
            and reply.prompt_ids[:held] == self._ids
            and reply.images[:shown] == self._images
        )
        if not continues:
            self._row, held, shown = self._row + 1, 0, 0
        self._ids = reply.prompt_ids + reply.sampled_ids
        self._images = reply.images
        return Tokens(
            row=self._row,
            prompt_ids=reply.prompt_ids[held:],
            sampled_ids=reply.sampled_ids,
            logprobs=reply.logprobs,
            images=reply.images[shown:],
            weights_step=reply.weights_step,
        )


def _whole(picture: Picture, family: Family) -> FittedImage:
    """A picture that is no screen, at a size that the model takes."""
    frame = Frame.of_viewport(picture.width_px, picture.height_px)
    return fit(View(picture, frame), family.size)[0]


def _told(event: Event) -> str:
    """An event's sentence; where it teaches the grammar, with the tags as they are written."""
    text = shortened(visible(event.text), _LONGEST_EVENT)
    return escape_controls(text) if event.kind == "malformed" else escape(text)


def _past_line(action: Action, dialect: Dialect) -> str:
    """An action as it is remembered once its screen is gone; zooms are not."""
    if isinstance(action, Zoom):
        return ""
    if dialect.format.acts_on_marks and isinstance(action, Click | Type):
        return _past_mark_line(action, dialect.marks)
    return write_answer(action, dialect)


def _past_mark_line(action: Click | Type, marks: Sequence[Mark]) -> str:
    """`click [A] [Sign in]`: numbers change from screen to screen, so the element is named.

    Source: the prompt of the published Web-Action checkpoints.
    """
    named = ""
    for mark in marks:
        if mark.id is not None and mark.box_css_px.center == action.point:
            named = f"[{mark.role.upper()}] [{visible(mark.text)[:_LONGEST_TITLE]}]"
    return f"type  {named} [{action.text}]" if isinstance(action, Type) else f"click  {named}"


def _middle_of(view: View, dialect: Dialect) -> str:
    middle = view.frame.region_css_px.center
    screen = dialect.frame.region_css_px
    inside = Point(
        min(max(middle.x, screen.left), screen.right),
        min(max(middle.y, screen.top), screen.bottom),
    )
    return write_point(inside, dialect.frame)
