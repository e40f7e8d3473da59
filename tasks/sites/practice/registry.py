"""All tasks of practice on the stand-in sites: a name and a training seed make one."""

import difflib
from random import Random

from vigorl.browser.errors import UsageError
from vigorl.tasks.sites.practice.classifieds import CLASSIFIEDS
from vigorl.tasks.sites.practice.contents import Contents
from vigorl.tasks.sites.practice.forum import FORUM
from vigorl.tasks.sites.practice.shop import SHOP
from vigorl.tasks.sites.practice.task import Draws, SiteTask
from vigorl.tasks.visualwebarena.task import SiteName

PREFIX = "sites/"
"""Of their names, among those of other tasks."""

_SITES: dict[str, tuple[SiteName, dict[str, Draws]]] = {
    "shop": ("shopping", SHOP),
    "classifieds": ("classifieds", CLASSIFIEDS),
    "forum": ("reddit", FORUM),
}

NAMES: tuple[str, ...] = tuple(
    f"{PREFIX}{site}-{kind}" for site, (_, draws) in _SITES.items() for kind in draws
)
"""Such as `sites/shop-buy`."""


def site_task(name: str, seed: int, contents: Contents) -> SiteTask:
    """A task as a seed draws it.

    Args:
        name: One of `NAMES`.
        seed: A training seed.
        contents: Those of the seed (`vigorl.tasks.sites.practice.contents`).

    Raises:
        UsageError: there is no such task.
    """
    check_site_task(name)
    site, _, kind = name.removeprefix(PREFIX).partition("-")
    site_name, draws = _SITES[site]
    return draws[kind](Random(f"{name}:{seed}"), contents[site_name])


def check_site_task(name: str) -> None:
    """Raise UsageError unless a task of practice is called so."""
    if name in NAMES:
        return
    close = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else f": {', '.join(NAMES)}"
    raise UsageError(f"the sites have no task {name!r}{hint}")
