"""How a live page is shown, how long it may take, and how it is kept in bounds."""

import difflib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import available_timezones

from vigorl.browser.boundary import Boundary
from vigorl.browser.deeds import Approve, Approver
from vigorl.browser.errors import UsageError
from vigorl.browser.vault import Vault

if TYPE_CHECKING:
    from vigorl.browser.tab import LiveTab

GREENWICH = (51.4779, -0.0015)
"""Latitude and longitude of the old observatory, degrees: a place as good as any."""


@dataclass(frozen=True, slots=True)
class HttpCredentials:
    """A log-in that HTTP itself asks for."""

    user: str
    password: str = field(repr=False)
    origin: str | None = None
    """Scheme, host and port that may have it (`https://wiki.example`); None: those of the first
    page."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Settings of one episode in a live page."""

    width_px: int = 1280
    """Of the viewport, CSS px."""
    height_px: int = 720
    """Of the viewport, CSS px."""
    step_limit_s: float = 15.0
    """Time for a whole step, s."""
    hang_limit_s: float | None = None
    """Time to act and look, s; a page that takes longer hangs, and the rest of the step is for
    bringing it back. None: two thirds of the step."""
    settle_limit_s: float = 3.0
    """Time for a page to come to rest after an action, s; 0: look at once."""
    navigation_limit_s: float = 9.0
    """Time for a server to answer, s."""
    jpeg_quality: int = 80
    """Of screenshots, 1-100; zoomed views are without loss."""
    boundary: Boundary = field(default_factory=Boundary)
    """Where pages may go, beside what the episode begins with."""
    storage_state: Path | None = None
    """Log-ins to start with: a file as Playwright writes it."""
    save_storage_state: Path | None = None
    """Where to write the log-ins at the end."""
    download_dir: Path | None = None
    """Where downloads are kept; None: a folder that ends with the episode."""
    dialogs: Literal["ask", "accept", "dismiss"] = "accept"
    """How confirm and prompt are answered (an alert can only be accepted); `ask`: whoever acts
    answers all of them, whether to leave a page and HTTP log-ins included."""
    dialog_limit_s: float = 120.0
    """Time for an answer to what is asked, s; then it is dismissed."""
    prompt_text: str | None = None
    """What a prompt is answered with; None: the page's own suggestion."""
    max_dialogs: int = 10
    """Dialogs per step, or answered in a row; further ones are cut off."""
    permissions: Literal["ask", "allow", "deny"] = "deny"
    """What pages get that ask for the position, notifications, the camera and the like; `ask`:
    whoever acts answers, once for each origin."""
    locale: str | None = None
    """Language and country that pages see, such as `de-DE`; None: the browser's own."""
    timezone: str | None = None
    """Time zone that pages see, by its name such as `Europe/Berlin`; None: this machine's."""
    color_scheme: Literal["light", "dark"] | None = None
    """Colours that pages prefer; None: light."""
    geolocation: tuple[float, float] | None = None
    """Where pages that may know it are, latitude and longitude in degrees; None: Greenwich."""
    http_credentials: HttpCredentials | None = None
    """For sites that ask for a log-in by HTTP (Basic, Digest)."""
    max_windows: int = 5
    """Tabs and popups that a page may open per step; further ones are closed."""
    max_downloads: int = 10
    """Files saved per step; further ones are cancelled."""
    max_download_bytes: int = 100 * 1024**2
    """Size of one file; a larger one is cancelled."""
    max_downloaded_bytes: int = 500 * 1024**2
    """Size of all files of an episode together; what does not fit in is cancelled."""
    upload_from: tuple[Path, ...] = ()
    """Files, and folders with all that is in them, that may be handed to pages."""
    max_tabs: int = 20
    """Tabs open at a time."""
    vault: Vault = field(default_factory=Vault)
    """Secrets that may be typed by name, and that nobody gets to see."""
    look_again_after_s: float | None = 0.3
    """Age of a picture from which on what is aimed at is looked at again before it is clicked or
    typed into, s; None: never."""
    approve: Approve = "never"
    """What needs a yes before it is done (`vigorl.browser.risks`)."""
    approver: Approver | None = field(default=None, repr=False, compare=False)
    """Who is asked for it; None: nobody is there, and what needs a yes is denied."""
    attend: "Callable[[LiveTab], Awaitable[None]] | None" = field(
        default=None, repr=False, compare=False
    )
    """What watches a person act in each tab, put there before it shows anything. Choosers of files
    are left to that person then."""

    def __post_init__(self) -> None:
        if self.width_px < 1 or self.height_px < 1:
            raise UsageError(f"a viewport of {self.width_px}x{self.height_px} px")
        if not 1 <= self.jpeg_quality <= 100:
            raise UsageError(f"JPEG quality is 1-100, not {self.jpeg_quality}")
        if self.step_limit_s <= 0 or self.navigation_limit_s <= 0 or self.settle_limit_s < 0:
            raise UsageError("time limits are positive")
        if self.locale is not None and not re.fullmatch(r"[A-Za-z]{2,3}(-\w{2,8})*", self.locale):
            raise UsageError(f"{self.locale!r} is no locale: write it like de-DE")
        if self.timezone is not None:
            _require_timezone(self.timezone)
        if self.dialog_limit_s <= 0:
            raise UsageError("the time for an answer is positive")
        latitude, longitude = self.geolocation or GREENWICH
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise UsageError(f"no place on earth: {latitude:g}, {longitude:g} degrees")
        if self.hang_limit_s is not None and not 0 < self.hang_limit_s < self.step_limit_s:
            raise UsageError("the time after which a page hangs is a part of the step's")

    @property
    def emulated(self) -> dict[str, str]:
        """What pages are to believe of where they are shown, as Playwright's options."""
        options = {
            "locale": self.locale,
            "timezone_id": self.timezone,
            "color_scheme": self.color_scheme,
        }
        return {name: value for name, value in options.items() if value is not None}

    @property
    def recovery_s(self) -> float:
        """The part of a step kept for bringing back a page that hangs."""
        if self.hang_limit_s is None:
            return self.step_limit_s / 3
        return self.step_limit_s - self.hang_limit_s


def _require_timezone(name: str) -> None:
    """Refuse what is no time zone, where this machine knows them.

    Raises:
        UsageError: there is none of this name.
    """
    known = available_timezones()
    if known and name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "write it like Europe/Berlin"
        raise UsageError(f"there is no time zone {name!r}: {hint}")
