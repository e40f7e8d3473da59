"""All sentences that `reader` understands, in the order in which they are tried."""

import re

from vigorl.policy.reader.filling_sentences import FILLING
from vigorl.policy.reader.page_sentences import PAGES
from vigorl.policy.reader.pointing_sentences import POINTING
from vigorl.policy.reader.question_sentences import QUESTIONS
from vigorl.policy.reader.seeing_sentences import SEEING
from vigorl.policy.reader.sentence import Builder

SENTENCES: tuple[tuple[re.Pattern[str], Builder], ...] = (
    *QUESTIONS,
    *PAGES,
    *SEEING,
    *FILLING,
    *POINTING,
)
"""Patterns with the builders of their steps; the first that fits a whole clause counts."""
