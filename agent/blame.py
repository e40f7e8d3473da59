"""Blame: whether a page that broke is the policy's doing, or a fault of the infrastructure.

The rule stands in `vigorl.browser.errors`. Two causes look the same from here: a page that dies of
itself, or of what happens to the machine, and one that the policy has made to die. If both were
faults, a policy would have a way out of episodes that go badly; if both were its deeds, it would be
scored for what it did not do. They are told apart by where the page came from: a policy brings a
page of its own making along only by naming an address, never by following the links of the task's
pages. So from the moment at which it goes to an address that no page has led to, what breaks is its
doing, and before that it is not. No exit can be learnt: on the task's pages it can do no more than
any visitor, and a page that visitors can break is a defect of the task.
"""

import traceback
from urllib.parse import urlsplit

from vigorl.browser.actions import Action, Goto, TabNew
from vigorl.browser.errors import BrowserDied, BrowserFault, BrowserMissing, InfrastructureFault
from vigorl.browser.observation import Observation

LONGEST_TRACE = 16_000
"""Characters of a trace that are recorded: its end, where it broke."""


class Blame:
    """What a policy has asked for by address, and which pages died before that."""

    def __init__(self) -> None:
        self.own_address = ""
        """The first address that the policy went to and no page had shown it; empty: none."""
        self.crash = ""
        """What was told of the first page that died without its doing; empty: none did."""
        self._hosts: set[str] = set()

    def note_observation(self, observation: Observation) -> bool:
        """Remember where the pages are and whether one died; says whether one broke just now."""
        broke = [event for event in observation.events if event.kind in _BREAKS]
        if not self.own_address:
            urls = (observation.url, *(tab.url for tab in observation.tabs))
            self._hosts |= {_host(url) for url in urls}
            crashes = [event.text for event in broke if event.kind == "page_crashed"]
            self.crash = self.crash or next(iter(crashes), "")
        return bool(broke)

    def note_action(self, action: Action) -> None:
        """Remember where the policy goes by an address of its own."""
        if isinstance(action, Goto | TabNew) and not self.own_address:
            host = _host(action.url)
            if not host or host not in self._hosts:
                self.own_address = action.url

    def is_policys(self, fault: BrowserFault) -> bool:
        """Whether a page that cannot be brought back is the policy's doing.

        A browser that is gone is never: one page cannot end it, and all episodes share it.
        """
        return bool(self.own_address) and not isinstance(fault, BrowserDied | BrowserMissing)


_BREAKS = ("page_crashed", "page_hung")


def told(error: BaseException) -> str:
    """An error in one line, its kind first."""
    return f"{type(error).__name__}: {error}"


def trace_of(error: BaseException) -> str:
    """Where it came from, for the record."""
    return "".join(traceback.format_exception(error))[-LONGEST_TRACE:]


def is_mistake(error: BaseException) -> bool:
    """Whether somebody has to mend the program, not the world."""
    return not isinstance(error, InfrastructureFault)


def _host(url: str) -> str:
    """Scheme and host of a page on the web; empty for any other address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
