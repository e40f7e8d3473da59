"""A sentence that `reader` understands: a pattern for it, and the step that it means."""

import re
from collections.abc import Callable, Iterator

from vigorl.policy.reader.language.quotes import QuotedText
from vigorl.policy.reader.language.steps import Step

Found = re.Match[str]
Builder = Callable[[QuotedText, Found], Step | None]
"""Makes the step of a sentence, or None where the sentence turns out to be another one."""

TARGET = r"(?P<target>.+)"
UNIT_S = {"m": 0.001, "s": 1.0, "minute": 60.0}
"""Units of time by how they begin, in seconds."""


class Sentences:
    """Sentences in the order in which they are tried; a pattern fits a whole clause."""

    def __init__(self) -> None:
        self._known: list[tuple[re.Pattern[str], Builder]] = []

    def __iter__(self) -> Iterator[tuple[re.Pattern[str], Builder]]:
        return iter(self._known)

    def sentence(self, *patterns: str) -> Callable[[Builder], Builder]:
        """Add a builder for clauses of these patterns."""

        def add(builder: Builder) -> Builder:
            self._known += [(re.compile(pattern, re.IGNORECASE), builder) for pattern in patterns]
            return builder

        return add
