"""Where a page of an episode stands: alone in a file, or among others that a server shows.

A page that stands alone holds its pictures and asks for nothing. A server names an address for
each picture, so that the page is small and its pictures come when they are looked at, and adds
links, and what it has to add itself (controls of a run that is under way, say). A served page
renews itself, and stays with the newest step whoever looks at that, at
`document.dispatchEvent(new Event("episode:renew"))`::

    setting = PageSetting(
        picture_address=lambda episode, image: f"/pictures/{key_of(episode.folder)}/{image}",
        links=(PageLink("All runs", "/", "up"), PageLink("Next", "/e/2", "next")),
        scripts=("/assets/live.js",),
    )
    html = render_page(trajectory, setting)
    html = render_comparison(trajectory, other, setting)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from vigorl.agent.record.trajectory import Trajectory

PictureAddress = Callable[[Trajectory, str], str]
"""From an episode and a picture's path, relative to its folder, to the picture's address."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A way from the page to another one."""

    words: str
    address: str
    relation: Literal["up", "prev", "next", ""] = ""
    """To what: the list, the episode before this one, the one behind it, anything else."""


@dataclass(frozen=True, slots=True)
class PageSetting:
    """What a page is told about the place where it stands."""

    picture_address: PictureAddress | None = None
    """None: the page holds its pictures itself."""
    links: tuple[PageLink, ...] = ()
    """Above the head of the page."""
    scripts: tuple[str, ...] = ()
    """Addresses of further scripts, of the page's own origin; they run after its own."""
    styles: tuple[str, ...] = ()
    """Addresses of further style sheets, of the page's own origin."""
    is_running: bool = False
    """The episode goes on: where its record breaks off is not its end."""
    panel: Markup | None = None
    """HTML between the head and the steps, written by us and not by a page or a model."""

    @property
    def is_served(self) -> bool:
        """Whether there is a server behind the page, which it may ask for more."""
        return self.picture_address is not None


ALONE = PageSetting()
"""In a file of its own."""
