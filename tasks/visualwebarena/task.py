"""A task of VisualWebArena, as its JSON has it.

Source: arXiv 2401.13649; the format of `config_files/vwa/test_*.raw.json` at commit 89f5af2.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from vigorl.browser.errors import UsageError

SiteName = Literal["classifieds", "reddit", "shopping"]
SITES: tuple[SiteName, ...] = ("classifieds", "reddit", "shopping")
"""In the order in which the tasks are numbered when they are counted through."""

AND = " |AND| "
"""Between addresses that are opened in a tab each."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the sites are: URLs without a slash at the end."""

    classifieds: str
    reddit: str
    shopping: str
    wikipedia: str = "http://127.0.0.1:8888"
    homepage: str = "http://127.0.0.1:4399"
    reset_token: str = ""
    """What the classifieds site wants to hear before it resets itself."""

    def fill(self, text: str) -> str:
        """The text with every placeholder replaced, `__REDDIT__` by the forum's URL and so on."""
        for name in ("reddit", "shopping", "wikipedia", "homepage", "classifieds"):
            text = text.replace(f"__{name.upper()}__", getattr(self, name))
        return text

    @property
    def urls(self) -> tuple[str, ...]:
        """Of all sites."""
        return (self.classifieds, self.reddit, self.shopping, self.wikipedia, self.homepage)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class HtmlTarget(_Record):
    """One place to look at, and what must stand there."""

    url: str
    """An address, `last` (where the page is), or `func:` and a call that gives an address."""
    locator: str
    """What to look at: a script, a call, or nothing for the whole page."""
    required_contents: dict[str, Any]
    prep_actions: tuple[str, ...] = ()
    """Scripts to run before."""


class ImageCheck(_Record):
    """One question about a picture, and what its answer must contain."""

    question: str
    answer: str


class ImageQuery(_Record):
    """Pictures to look at, and what must be true of one of them."""

    eval_image_url: str
    eval_image_class: str
    """A CSS class, `.name`; blank: all pictures of the page."""
    eval_vqa: tuple[ImageCheck, ...] = ()
    eval_fuzzy_image_match: str | None = None
    """Addresses of pictures, one of which must look like it."""
    ssim_threshold: float | None = None

    @field_validator("eval_vqa", mode="before")
    @classmethod
    def _nothing_is_none(cls, value: Any) -> Any:
        return () if value is None else value


class Evaluation(_Record):
    """How a final state is judged."""

    eval_types: tuple[str, ...]
    reference_answers: dict[str, Any] | None = None
    """Kinds of comparison and their references; the order counts."""
    reference_url: str | None = None
    url_note: str | None = "EXACT"
    program_html: tuple[HtmlTarget, ...] | None = None
    page_image_query: tuple[ImageQuery, ...] | None = None
    string_note: str | None = None


class Viewport(_Record):
    """A size of the viewport, CSS px; None: as always."""

    width: int | None = None
    height: int | None = None


class _Json(_Record):
    sites: tuple[str, ...]
    task_id: int
    intent: str
    start_url: str
    storage_state: str | None = None
    geolocation: dict[str, float] | None = None
    require_login: bool = False
    require_reset: bool = False
    eval: Evaluation
    image: str | tuple[str, ...] | None = None
    viewport_size: Viewport = Viewport()
    overall_difficulty: str | None = None


@dataclass(frozen=True, slots=True)
class VwaTask:
    """One task, its placeholders filled in."""

    site: SiteName
    """Whose file it stands in."""
    index: int
    """Its position there."""
    task_id: int
    intent: str
    """What to reach, in words."""
    sites: tuple[str, ...]
    """Those that it touches."""
    start_urls: tuple[str, ...]
    """One for each tab; the first is shown."""
    images: tuple[str, ...]
    """Addresses or files of the pictures that belong to the intent."""
    viewport: Viewport
    """Where the task wants its own."""
    require_login: bool
    require_reset: bool
    storage_state: str | None
    """The file name that the task has for its log-ins."""
    difficulty: str | None
    evaluation: Evaluation
    json: dict[str, Any]
    """The whole entry."""

    @property
    def id(self) -> str:
        """Site and position: `reddit/43`."""
        return f"{self.site}/{self.index}"

    @property
    def needs_captioner(self) -> bool:
        """Whether questions about pictures are asked."""
        return "page_image_query" in self.evaluation.eval_types and any(
            query.eval_vqa for query in self.evaluation.page_image_query or ()
        )

    @property
    def needs_judge(self) -> bool:
        """Whether a language model may have to compare texts."""
        targets = self.evaluation.program_html or ()
        return "fuzzy_match" in (self.evaluation.reference_answers or {}) or any(
            "fuzzy_match" in target.required_contents for target in targets
        )

    @classmethod
    def from_json(cls, site: SiteName, index: int, entry: dict[str, Any]) -> Self:
        """Read an entry whose placeholders are filled in.

        Raises:
            UsageError: something in it is missing or of the wrong kind.
        """
        try:
            read = _Json.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UsageError(f"{site}/{index}: {place}: {first['msg']}") from error
        images = (read.image,) if isinstance(read.image, str) else read.image or ()
        return cls(
            site=site,
            index=index,
            task_id=read.task_id,
            intent=read.intent,
            sites=read.sites,
            start_urls=tuple(url for url in read.start_url.split(AND) if url) or ("about:blank",),
            images=tuple(image for image in images if image),
            viewport=read.viewport_size,
            require_login=read.require_login,
            require_reset=read.require_reset,
            storage_state=read.storage_state,
            difficulty=read.overall_difficulty,
            evaluation=read.eval,
            json=entry,
        )
