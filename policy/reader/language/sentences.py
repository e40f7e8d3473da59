"""All sentences that `reader` understands, in the order in which they are tried."""

import re

from vigorl.policy.reader.language.filling_sentences import FILLING
from vigorl.policy.reader.language.page_sentences import PAGES
from vigorl.policy.reader.language.pointing_sentences import POINTING
from vigorl.policy.reader.language.question_sentences import QUESTIONS
from vigorl.policy.reader.language.seeing_sentences import SEEING
from vigorl.policy.reader.language.sentence import Builder

SENTENCES: tuple[tuple[re.Pattern[str], Builder], ...] = (
    *QUESTIONS,
    *PAGES,
    *SEEING,
    *FILLING,
    *POINTING,
)
"""Patterns with the builders of their steps; the first that fits a whole clause counts."""
