"""What an action is about to do, in words, and what somebody says to that."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Approve = Literal["never", "risky", "always"]
"""Which deeds somebody is asked about: none, those that a rule of `vigorl.browser.risks` names, or
all that change anything."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is about to be done to a page or sent by it."""

    what: str
    """In words: `click the button "Place order"`."""
    origin: str
    """Where it goes: scheme, host and port."""
    page: str
    """The page's title."""
    rules: tuple[str, ...]
    """Names of the rules that it falls under, the gravest first."""
    why: str
    """What these rules say, in a sentence."""
    values: tuple[tuple[str, str], ...] = ()
    """Fields and what stands in them that goes along; secrets as dots."""
    request: str = ""
    """Method and address of a request that is held back until somebody has answered."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An answer."""

    granted: bool
    always: bool = False
    """The same rule at the same origin needs no answer for the rest of the episode."""
    stop: bool = False
    """No, and the episode is to end."""
    why: str = ""
    """What is told to the policy beside a no."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What was asked and what was answered: a part of the episode's record."""

    deed: Deed
    approval: Approval
    waited_s: float


class Approver(Protocol):
    """Whoever is asked: a person, or a rule of the operator's."""

    async def approve(self, deed: Deed) -> Approval:
        """Say whether it may be done; the page waits meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form that an element belongs to."""

    label: str
    name: str
    type: str
    autocomplete: str
    is_filled: bool
    is_secret: bool
    value: str
    """What stands in it; empty of a secret."""


@dataclass(frozen=True, slots=True)
class ActionTarget:
    """The element that an action is aimed at, as `deed.js` sees it."""

    tag: str = ""
    type: str = ""
    role: str = ""
    name: str = ""
    """Its accessible name."""
    hints: str = ""
    """Words that nobody sees: classes, names of icons, what it calls when it is clicked."""
    href: str = ""
    """Of a link."""
    download: str = ""
    """Name of the file that a link saves; `?` where it does not say."""
    opens: bool = False
    """It shows a menu, a tab or a part of the page."""
    is_button: bool = False
    is_editor: bool = False
    is_field: bool = False
    is_secret: bool = False
    submits: bool = False
    """It is a button that sends its form."""
    has_form: bool = False
    form_action: str = ""
    form_method: str = ""
    form_target: str = ""
    button: str = ""
    """Name of the button that Enter in the form presses."""
    fields: tuple[FormField, ...] = ()
    heading: str = ""
    """The nearest one, else the page's first."""
    dialog: str = ""
    """Text of the dialog that it stands in."""
    title: str = ""
    url: str = ""
    """Of its document."""

    @classmethod
    def of(cls, said: dict[str, Any]) -> "ActionTarget":
        """What `deed.js` has said."""
        return cls(**{**said, "fields": tuple(FormField(**each) for each in said["fields"])})


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that a page is about to send."""

    method: str
    url: str
    kind: str
    """What Chromium calls it: Document, XHR, Fetch, Ping."""
    body: str = field(default="", repr=False)
    page_url: str = ""
    """Of the document that is shown."""
