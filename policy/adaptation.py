"""How a model is talked to: its family, adapted to what was asked for."""

from dataclasses import dataclass, replace

from vigorl.browser.errors import UsageError
from vigorl.policy.backend import Sampling
from vigorl.policy.family import Family, family_known, family_named, family_of, family_served
from vigorl.policy.model_config import ModelConfig


@dataclass(frozen=True)
class Adaptation:
    """How a model is talked to, as far as that was asked for."""

    asked: ModelConfig
    drawn: Sampling | None = None
    """How its words are drawn; None: as its family has it."""

    def served(self, *names: str) -> tuple[Family, str]:
        """The family of a server's model, and what is to be said of the choice.

        Raises:
            UsageError: there is none, or it cannot be talked to like that.
        """
        if self.asked.family is not None:
            return self._adapted(family_named(self.asked.family)), ""
        family, notice = family_served(*names)
        return self._adapted(family), notice

    def loaded(self, name: str, model_type: str) -> tuple[Family, str]:
        """The family of a checkpoint, and what is to be said where only its architecture tells.

        Raises:
            UsageError: there is none, or it cannot be talked to like that.
        """
        if self.asked.family is not None:
            return self._adapted(family_named(self.asked.family)), ""
        family = family_of(name, model_type)
        notice = ""
        if family_known(name) is None and not family.reads:  # nano's architecture is its own
            notice = (
                f"{name} says by its architecture alone ({model_type}) how it is talked to: taken "
                f"for {family.name} (--family to choose)"
            )
        return self._adapted(family), notice

    def sampling(self, family: Family) -> Sampling:
        """How a family's words are drawn, within what its turns may take.

        Raises:
            UsageError: they cannot be drawn like that.
        """
        sampling = self.drawn or Sampling(
            temperature=family.temperature,
            top_p=family.top_p,
            repetition_penalty=family.repetition_penalty,
        )
        asked = self.asked
        most_tokens = sampling.max_tokens if asked.turn_tokens is None else asked.turn_tokens
        return replace(
            sampling,
            temperature=sampling.temperature if asked.temperature is None else asked.temperature,
            top_p=sampling.top_p if asked.top_p is None else asked.top_p,
            max_tokens=min(most_tokens, family.longest_turn_tokens or most_tokens),
        )

    def _adapted(self, family: Family) -> Family:
        if not self.asked.zoom:
            family = family.without_zoom()
        if self.asked.max_pixels is not None:
            family = replace(family, size=family.size.within(self.asked.max_pixels))
        screens = self.asked.window_screens
        if screens is None:
            return family
        if screens < 1:
            raise UsageError(f"a window of {screens} screens: at least one has to stay")
        extra = family.max_images - family.window_screens
        return replace(family, window_screens=screens, max_images=screens + max(extra, 1))
