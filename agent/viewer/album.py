"""The pictures of a page: each held once, or named by its address where a server has them."""

from dataclasses import dataclass, field
from typing import Literal

from vigorl.agent.record.trajectory import Seen, SeenView, Trajectory
from vigorl.agent.viewer.overlay import Overlay
from vigorl.agent.viewer.page_setting import ALONE, PageSetting
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture

_SOME_SIZE_PX = (640, 480)
"""Of a picture that a server has, as long as nobody has looked at it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with what is drawn over it."""

    picture: str
    """Its id in the page's store of pictures; empty where it has an address or is missing."""
    frame: Frame
    overlay: Overlay
    kind: Literal["screen", "crop", "optical"] = "screen"
    """A zoomed view is a crop, whose pixels are enlarged, or optical: rendered again, sharper."""
    caption: str = ""
    address: str = ""
    """Where a server has it."""
    missing: str = ""
    """Why there is nothing to show."""

    @property
    def shape(self) -> str:
        """The name of the style that knows its proportions."""
        return f"shape-{self.frame.width_px}-{self.frame.height_px}"


@dataclass
class PageStore:
    """What the pictures of a page have in common, whichever episodes they belong to."""

    setting: PageSetting = ALONE
    pictures: dict[str, Picture] = field(default_factory=dict)
    """Those that the page holds, by their ids."""
    shapes: dict[str, Figure] = field(default_factory=dict)
    """A figure of each of their proportions, by the name of its style."""


@dataclass
class Album:
    """The pictures of one episode on a page, and the screen that was seen last."""

    trajectory: Trajectory
    store: PageStore
    missing: dict[str, str] = field(default_factory=dict)
    """What is wrong with a picture that cannot be shown, by its path."""
    screen: SeenView | None = None
    zoom: SeenView | None = None
    """The zoomed view of `screen` that was seen last, until another screen comes."""

    def look(self, seen: Seen) -> None:
        """Take in what a step saw; where it saw nothing new, the last view stands."""
        if seen.view is None:
            return
        if seen.view.kind == "screen":
            self.screen, self.zoom = seen.view, None
        else:
            self.zoom = seen.view

    def figure(self, view: SeenView, drawn: Overlay, caption: str = "") -> Figure:
        """Refer to a picture; where the page holds its pictures, put it into the store."""
        figure = self._figure(view, drawn, caption)
        self.store.shapes.setdefault(figure.shape, figure)
        return figure

    def _figure(self, view: SeenView, drawn: Overlay, caption: str) -> Figure:
        if self.store.setting.picture_address is not None:
            address = self.store.setting.picture_address(self.trajectory, view.image)
            return Figure("", view.frame, drawn, view.kind, caption, address)
        name = f"picture-{view.sha256[:16]}"
        if name not in self.store.pictures and view.image not in self.missing:
            try:
                self.store.pictures[name] = self.trajectory.view(view).picture
            except (InconsistentData, OSError) as error:
                self.missing[view.image] = str(error)
        if why := self.missing.get(view.image):
            return Figure("", view.frame, drawn, view.kind, caption, missing=why)
        return Figure(name, view.frame, drawn, view.kind, caption)

    def goal_picture(self, image: str) -> Figure:
        """Refer to a picture that belongs to the goal, by its path."""
        width_px, height_px = _SOME_SIZE_PX
        if self.store.setting.picture_address is None:
            try:
                picture = self.trajectory.picture(image)
                width_px, height_px = picture.width_px, picture.height_px
            except (InconsistentData, OSError) as error:
                self.missing[image] = str(error)
        view = SeenView(image, Frame.of_viewport(width_px, height_px), "screen")
        return self.figure(view, Overlay())
