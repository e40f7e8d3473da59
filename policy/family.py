"""Which family a model belongs to: by its name or, failing that, by its architecture."""

import re
from dataclasses import replace
from difflib import SequenceMatcher

from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.plugins import loaded, plugins
from vigorl.policy.family_record import ChatFormat, Family, SystemPrompt, Wording, ZoomRule
from vigorl.policy.family_rows import FAMILIES
from vigorl.policy.grammar import Dialect

__all__ = [
    "FAMILIES",
    "ChatFormat",
    "Family",
    "SystemPrompt",
    "Wording",
    "ZoomRule",
    "family_known",
    "family_named",
    "family_of",
    "family_reading",
    "family_served",
]

_NOT_HERE = (
    (re.compile(r"opencua", re.IGNORECASE), "answers in Python for pyautogui"),
    (
        re.compile(r"gta1|infigui|gelato|aguvis|os-?atlas-(?:base|pro)", re.IGNORECASE),
        "only points, in a grammar of its own",
    ),
)
"""Models that would be taken for what they were made from, and misread."""


_ANYWHERE = 100_000
"""Sides of a grid on which every point of a turn lies, whatever it is counted in."""

_LONGEST_TURN = 2000
"""Characters at the end of a turn that are compared."""


def family_of(*names: str) -> Family:
    """The family of a checkpoint, by its name, the folder it came from, its `model_type`, ….

    Raises:
        UsageError: none of the names says which, or it is known to need one that is not here.
    """
    known = family_known(*names)
    if known is not None:
        return known
    raise UsageError(
        f"cannot tell the family of the model {' / '.join(filter(None, names))}: name one of "
        f"{', '.join(family.name for family in FAMILIES)}"
    )


def family_known(*names: str) -> Family | None:
    """The same, or None where none of the names says which.

    Raises:
        UsageError: it is known to need a family that is not here.
    """
    added = _added()
    for name in names:
        for family in added:
            if family.matches.search(name):
                return family
        for pattern, why in _NOT_HERE:
            if pattern.search(name):
                raise UsageError(
                    f"{name} {why}, which is not built in: choose another model, or talk to it "
                    "as to any other with --family generic"
                )
        for family in FAMILIES:
            if family.matches.search(name):
                return family
    return None


def family_served(*names: str) -> tuple[Family, str]:
    """The family of a model that a server has, and what is to be said of the choice.

    A model of a name that tells nothing is talked to in plain words (`generic`): whatever is
    served there can read instructions.

    Raises:
        UsageError: it is known to need a family that is not here.
    """
    known = family_known(*names)
    if known is None:
        known = family_named("generic")
    if not known.name.startswith("generic"):
        return known, ""
    where = "pixels" if known.coordinates == "pixels" else "thousandths of the screen"
    return known, (
        f"{names[0]} is no model with a grammar of its own here: it is told our actions in plain "
        f"words and points in {where} (--family to choose)"
    )


def family_named(name: str) -> Family:
    """The family with this name.

    Raises:
        UsageError: there is none.
    """
    for family in (*FAMILIES, *_added()):
        if family.name == name:
            return family
    known = ", ".join(family.name for family in (*FAMILIES, *_added()))
    raise UsageError(f"no model family is called {name!r}; there are {known}")


def family_reading(text: str, dialect: Dialect) -> Family | None:
    """A family that would understand a turn which is none in this dialect; None where none would.

    Only those are asked whose models are told how to write: the answers of others may be anything.
    Of several it is the one that would have written it most like that.
    """
    anywhere = Frame(_ANYWHERE, _ANYWHERE, dialect.frame.region_css_px)
    if dialect.format.read(text, replace(dialect, frame=anywhere)).action is not None:
        return None  # all that is wrong with it is where it points
    likeness: dict[float, Family] = {}
    for family in FAMILIES:  # of several with one format the last, which is the most general
        if not callable(family.system) or family.format == dialect.format:
            continue
        lens = dialect.lens if family.zoom is not None else None
        other = replace(dialect, frame=anywhere, format=family.format, lens=lens)
        action = family.format.read(text, other).action
        if action is None:
            continue
        try:
            written = family.format.write_action(action, other)
        except ValueError:
            written = ""
        likeness[SequenceMatcher(None, text[-_LONGEST_TURN:], written).ratio()] = family
    return likeness[max(likeness)] if likeness else None


def _added() -> tuple[Family, ...]:
    """The families of other packages.

    Raises:
        UsageError: one of them is broken.
    """
    return tuple(loaded(point, Family) for point in plugins("vigorl.families").values())
