"""Everything that differs between model families, as one record.

How a model was taught to see, to point and to answer. The rows are in
`vigorl.policy.family_rows`; code that asks for a family's name is a bug.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from vigorl.browser.action_space import EVERY_ACTION, ActionSpace
from vigorl.browser.actions import ZoomStyle
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Mark
from vigorl.policy.grammar import Dialect, Lens, TurnFormat
from vigorl.policy.images import SizeLimits


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """The control strings of a chat.

    A message is `start`, the role, a line break, its text, `end`, a line break; a picture in the
    text is `image_start`, one `image_cell` for every cell, `image_end`.
    """

    start: str = "<|im_start|>"
    end: str = "<|im_end|>"
    image_start: str = "<|vision_start|>"
    image_cell: str = "<|image_pad|>"
    """Stands once for every cell of a picture; empty where none is shown."""
    image_end: str = "<|vision_end|>"
    never_sampled: tuple[str, ...] = (
        "<|vision_start|>",
        "<|vision_end|>",
        "<|vision_pad|>",
        "<|image_pad|>",
        "<|video_pad|>",
    )
    """A model that wrote these would bind the pictures of its own prompt to other places."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What the messages of an episode say. Fields in braces are filled in; `{image}` is one."""

    opening: str
    """The first message: {goal}, {past}, {news}, {image}."""
    screen: str
    """A later screen: {news}, {image}."""
    zoomed: str
    """The answer to a zoom: {news}, {point}, {image}."""
    told: str
    """Nothing new to see: {news}."""
    past: str = "{actions}"
    """How {actions}, the numbered list of what was done before the opening, is introduced."""
    no_past: str = ""
    goal_picture: str = "Picture {number} of the task:\n{image}\n"
    """How a picture that belongs to the goal is introduced, before the opening."""
    tells_page: bool = False
    """The news of a screen name its title, address and tabs, not only what happened."""


@dataclass(frozen=True, slots=True)
class ZoomRule:
    """A zoom: how much of the picture that the model was shown, and made how."""

    half_width_px: int
    style: ZoomStyle


class SystemPrompt(Protocol):
    """A system prompt that is made of what the environment offers."""

    def __call__(self, actions: ActionSpace, zoom: bool) -> str:
        """The prompt for an environment that offers these actions.

        Args:
            actions: Types of action.
            zoom: Whether the model may zoom.
        """
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """One row: everything that differs between models."""

    name: str
    matches: re.Pattern[str]
    """Searched in a checkpoint's name and in its `model_type`."""
    system: SystemPrompt | str | None
    """The system prompt, or what makes it; None leaves it to the checkpoint's own chat template."""
    format: TurnFormat
    """How it writes a turn."""
    coordinates: Literal["pixels", "thousandths"]
    """Of the picture as it was shown, or 0-1000 in both directions whatever its size."""
    size: SizeLimits
    wording: Wording
    zoom: ZoomRule | None
    window_screens: int = 4
    """How many screens stay in the conversation, each with its zoomed views."""
    max_images: int = 8
    """Most pictures in one prompt."""
    stop: tuple[str, ...] = ()
    """A turn ends after one of these strings, beside the end-of-turn token."""
    temperature: float = 0.5
    """Of sampling, where nothing else is said. Source of 0.5: the published evaluation."""
    top_p: float = 1.0
    """Of sampling, where nothing else is said."""
    repetition_penalty: float = 1.0
    """Of sampling, where nothing else is said."""
    longest_turn_tokens: int | None = None
    """A turn is cut off there, whatever the sampling allows: its own are all shorter."""
    chat: ChatFormat = ChatFormat()
    last_turn: int | None = None
    """The turn, from 1, that has to answer: it is begun for the model with `last_words`, and the
    most likely words are taken. None: it ends when it likes."""
    last_words: str = ""
    template_system: str = ""
    """What that template says by itself as system prompt: sent to a server, which may have lost the
    template, and drops its own where a conversation has one."""
    extra_body: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Further fields of a request to a server: whether it is to think first, a schema, …. Those
    that a caller gives win."""
    reads: bool = False
    """It is told what `reader` reads on the screen instead of being shown a picture."""
    most_read_characters: int = 6000
    """Of a reading, about; what concerns the task least is left out of a longer one."""
    copies: bool = False
    """The items of its prompt are numbered (`vigorl.policy.nano.numbering`), and its replies point
    at them: the sampler lets it name no other items, and none that does not fit what it says
    (`vigorl.policy.nano.said`)."""
    slow_to_end: tuple[tuple[str, float], ...] = ()
    """Words with which a thought begins that ends the episode, and by how many nats their logits
    are lowered there: a false end costs more than a step too many. For families that `copies`; of
    sampling, and of what scores it: what is fine-tuned on is learnt as it is written."""
    least_sure: float | None = None
    """Probability of a reply, as the geometric mean of an episode's, below which its `done` is
    carried out as giving up, where the most likely words are taken: small models end what they have
    guessed at as calmly as what they have done. None: it is believed."""
    plays_in_8bit: bool = False
    """On a CPU it plays with weights of 8 bits, unless a number format is asked for."""

    def __post_init__(self) -> None:
        if self.max_images < self.window_screens + (self.zoom is not None):
            raise ValueError(f"{self.name}: {self.max_images} images are too few for its window")

    def without_zoom(self) -> "Family":
        """The same family, which answers from what it is shown.

        Raises:
            UsageError: its checkpoints carry a prompt of their own, which speaks of zoom.
        """
        if self.zoom is not None and not callable(self.system) and not self.reads:
            raise UsageError(f"models of {self.name} are told of zoom by their own template")
        return replace(self, zoom=None)

    def system_prompt(self, actions: ActionSpace = EVERY_ACTION) -> str | None:
        """The system prompt for an environment; None leaves it to the checkpoint's template.

        Args:
            actions: Types of action that the environment offers.
        """
        if callable(self.system):
            return self.system(actions, self.zoom is not None and "zoom" in actions)
        return self.system

    def dialect(
        self, shown: Frame, marks: tuple[Mark, ...] = (), actions: ActionSpace = EVERY_ACTION
    ) -> Dialect:
        """How turns about a screen are written.

        Args:
            shown: The frame of the resized picture.
            marks: The numbered elements of the screen.
            actions: Types of action that the environment offers.
        """
        frame = shown if self.coordinates == "pixels" else shown.thousandths()
        lens = None
        if self.zoom is not None:
            region = shown.region_css_px
            half_width_px = self.zoom.half_width_px
            lens = Lens(
                half_width_px * region.width / shown.width_px,
                half_width_px * region.height / shown.height_px,
                self.zoom.style,
            )
        return Dialect(frame, self.format, lens, marks, actions)
