"""An action that is about to be carried out, with all that is known before it is."""

from dataclasses import dataclass, replace

from vigorl.browser.actions import Action, Goto, SelectOption, TabNew
from vigorl.browser.deeds import ActionTarget
from vigorl.browser.observation import PendingQuestion
from vigorl.browser.origins import origin_of


@dataclass(frozen=True, slots=True)
class Prospect:
    """An action, and what is known before it is carried out."""

    action: Action
    target: ActionTarget | None = None
    """What it is aimed at; None where that is nothing, or the page does not say."""
    activates: bool = False
    """It presses a button, follows a link or sends a form, and does not only point or type."""
    question: PendingQuestion | None = None
    """What it answers."""
    site: str = ""
    """Origin at which the task is at home."""
    unknown: bool = False
    """The page did not say what it is aimed at."""

    def is_same(self, other: "Prospect") -> bool:
        """Whether it is about the same thing, whatever else the page has changed."""
        return self._essence == other._essence

    @property
    def _essence(self) -> tuple[object, ...]:
        target = self.target
        if target is not None:
            target = replace(target, title="", hints="", heading="", dialog="")
        return self.action, target, self.activates, self.question

    @property
    def origin(self) -> str:
        """Of the document that it is aimed at."""
        if self.question is not None:
            return self.question.origin
        return origin_of(self.target.url) if self.target is not None else ""

    @property
    def goes_to(self) -> str:
        """Origin that gets what is sent; empty where nothing is known to be."""
        target = self.target
        if isinstance(self.action, Goto | TabNew):
            return origin_of(self.action.url)
        if target is None:
            return self.origin
        if self.activates and target.has_form:
            return origin_of(target.form_action) or self.origin
        return origin_of(target.href) or self.origin

    @property
    def says(self) -> str:
        """The name of what is pressed: an option, or the button that Enter stands for."""
        if isinstance(self.action, SelectOption):
            return self.action.label
        target = self.target
        if target is None:
            return ""
        return target.button if target.is_field and self.activates else target.name
