"""All sentences that `reader` understands, in the order in which they are tried."""

from vigorl.policy.reader.filling_sentences import FILLING
from vigorl.policy.reader.page_sentences import PAGES
from vigorl.policy.reader.pointing_sentences import POINTING
from vigorl.policy.reader.question_sentences import QUESTIONS
from vigorl.policy.reader.seeing_sentences import SEEING

SENTENCES = (*QUESTIONS, *PAGES, *SEEING, *FILLING, *POINTING)
"""Patterns with the builders of their steps; the first that fits a whole clause counts."""
