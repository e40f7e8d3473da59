"""The pictures of a page: each held once, or named by its address where a server has them."""

from dataclasses import dataclass, field

from vigorl.agent.record.trajectory import Seen, SeenView, Trajectory
from vigorl.agent.viewer.overlay import Overlay
from vigorl.agent.viewer.page_setting import ALONE, PageSetting
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with what is drawn over it."""

    picture: str
    """Its id in the page's store of pictures; empty where it has an address or is missing."""
    frame: Frame
    overlay: Overlay
    caption: str = ""
    address: str = ""
    """Where a server has it."""
    missing: str = ""
    """Why there is nothing to show."""


@dataclass
class Album:
    """The pictures of an episode's page, and the screen that was seen last."""

    trajectory: Trajectory
    setting: PageSetting = ALONE
    pictures: dict[str, Picture] = field(default_factory=dict)
    """Those that the page holds, by their ids; albums of one page may share them."""
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
        if self.setting.picture_address is not None:
            address = self.setting.picture_address(self.trajectory, view.image)
            return Figure("", view.frame, drawn, caption, address)
        name = f"picture-{view.sha256[:16]}"
        if name not in self.pictures and view.image not in self.missing:
            try:
                self.pictures[name] = self.trajectory.view(view).picture
            except (InconsistentData, OSError) as error:
                self.missing[view.image] = str(error)
        if why := self.missing.get(view.image):
            return Figure("", view.frame, drawn, caption, missing=why)
        return Figure(name, view.frame, drawn, caption)
