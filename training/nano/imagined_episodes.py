"""An episode on a site that nobody built, drawn from all kinds of them."""

from random import Random

from vigorl.training.nano.imagined_accounts import messages_page, sign_in_page
from vigorl.training.nano.imagined_forms import form_page, settings_page
from vigorl.training.nano.imagined_lists import board_page, errands_page, hours_page, rows_page
from vigorl.training.nano.imagined_questions import (
    facts_page,
    search_page,
    table_page,
    topics_page,
)
from vigorl.training.nano.imagined_shops import shop_page
from vigorl.training.nano.reading_steps import RememberedEpisode, remembered_episode

ASKS = 0.3
"""Share of the episodes that end with an answer."""
QUESTIONS = (facts_page, table_page, search_page, topics_page)
DEEDS = (
    rows_page,
    rows_page,
    form_page,
    form_page,
    settings_page,
    errands_page,
    hours_page,
    board_page,
    shop_page,
    shop_page,
    sign_in_page,
    messages_page,
)
"""Kinds of sites; those that stand twice are played twice as often."""


def imagined_episode(random: Random) -> RememberedEpisode:
    """An episode on some site."""
    play = random.choice(QUESTIONS if random.random() < ASKS else DEEDS)
    return remembered_episode(play(random))
