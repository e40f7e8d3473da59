"""Viewer: what the pages of one server share: folders, index, and the frame around them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse

from vigorl.agent.viewer.page_setting import PageSetting
from vigorl.agent.viewer.page_templates import templates
from vigorl.agent.viewer.server.index import RunIndex
from vigorl.agent.viewer.server.places import Places, address

HERE = Path(__file__).parent

Adorn = Callable[[Request, Path, PageSetting], PageSetting]
"""From a request, an episode's folder and what its page is set to, to what it is to be set to."""


def as_it_is(request: Request, folder: Path, setting: PageSetting) -> PageSetting:
    """Nothing beside the page's own."""
    return setting


@dataclass(frozen=True)
class Viewer:
    """What is shown; every page finds it by `viewer_of(request)`."""

    places: Places
    index: RunIndex
    template_folders: tuple[Path, ...] = ()
    """Further folders of templates, sheets and scripts, for pages that are brought along."""
    adorn: Adorn = as_it_is
    """What the page of an episode has beside its own: controls of a run under way, say."""

    @classmethod
    def of(
        cls,
        folders: Sequence[Path],
        template_folders: Sequence[Path] = (),
        adorn: Adorn = as_it_is,
    ) -> "Viewer":
        """A viewer of everything below some folders.

        Raises:
            UsageError: a folder is not there.
        """
        places = Places(folders)
        return cls(places, RunIndex(places), tuple(template_folders), adorn)

    @cached_property
    def _templates(self) -> Environment:
        folders = (HERE, *self.template_folders, HERE.parent)
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
        environment = templates().overlay(loader=loader)
        environment.filters["address"] = address
        return environment

    def page(
        self, request: Request, template: str, status: int = HTTPStatus.OK, **context: Any
    ) -> HTMLResponse:
        """A page from a template, which has `base`, the path that every link begins with.

        Args:
            request: What is answered.
            template: Its name; it mostly extends `frame.html.jinja`.
            status: Of the answer.
            context: What the template shows.
        """
        shown = self._templates.get_template(template)
        latest = self.index.latest
        counts = Counter(each.kind for each in latest.collections)
        frame = {
            "base": base_of(request),
            "kind_counts": counts,
            "episode_count": len(latest.episodes),
        }
        return HTMLResponse(shown.render(**frame, **context), status)


def viewer_of(request: Request) -> Viewer:
    """The viewer whose page is asked for."""
    viewer: Viewer = request.app.state.viewer
    return viewer


def base_of(request: Request) -> str:
    """The path that every link of the viewer begins with: `/<token>`."""
    base: str = request.scope["root_path"]
    return base
