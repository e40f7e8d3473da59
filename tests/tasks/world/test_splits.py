"""What is held out is held out."""

import itertools

import pytest

from vigorl.tasks.world.fonts import FONTS
from vigorl.tasks.world.icons import PHRASES, SETS, icon_set
from vigorl.tasks.world.layouts.registry import LAYOUTS, layouts_of
from vigorl.tasks.world.lexicon import (
    FIRST_NAMES,
    LANGUAGES,
    LAST_NAMES,
    PLACES,
    labels_of,
    words_of,
)
from vigorl.tasks.world.page import draw_page
from vigorl.tasks.world.splits import DATASETS, SPLITS, belonging

PAIRS = list(itertools.combinations(SPLITS, 2))
KINDS = ("action", "nav", "menu", "command", "field", "option", "status", "heading")


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_word_or_label_is_in_two_splits(one: str, other: str) -> None:
    def everything(split: str) -> set[str]:
        found = {w.casefold() for lang in LANGUAGES for w in words_of(split, lang)}
        for names in (FIRST_NAMES, LAST_NAMES, PLACES):
            found |= {name.casefold() for name in belonging(names, split)}
        for language, kind in itertools.product(LANGUAGES, KINDS):
            found |= {label.casefold() for label in labels_of(split, language, kind)}
        return found

    assert not everything(one) & everything(other)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_font_icon_set_or_layout_is_in_two_splits(one: str, other: str) -> None:
    def families(split: str) -> set[str]:
        return {font.family for font in FONTS if font.split == split}

    assert families(one) and not families(one) & families(other)
    assert not set(SETS[one]) & set(SETS[other])
    for dataset in DATASETS:
        names = [{layout.name for layout in layouts_of(split, dataset)} for split in (one, other)]
        assert names[0] and names[1] and not names[0] & names[1]


def test_every_icon_set_shares_no_drawing_with_a_set_of_another_split() -> None:
    drawings = {
        split: {d for name in SETS[split] for ds in icon_set(name).icons.values() for d in ds}
        for split in SPLITS
    }
    for one, other in PAIRS:
        assert not drawings[one] & drawings[other]


def test_there_are_more_than_two_dozen_layouts_and_each_has_one_place() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS) >= 24


def test_every_icon_can_be_asked_for() -> None:
    concepts = {c for names in SETS.values() for name in names for c in icon_set(name).icons}
    assert concepts <= set(PHRASES)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("split", SPLITS)
def test_drawn_pages_use_only_what_belongs_to_their_split(dataset: str, split: str) -> None:
    fonts = {font.family for font in FONTS if font.split == split}
    layouts = {layout.name for layout in layouts_of(split, dataset)}
    for index in range(6):
        spec = draw_page(dataset, split, 3, index)
        assert spec.font in fonts and spec.icon_set in SETS[split] and spec.layout in layouts
        for other in FONTS:
            assert other.split == split or f'"{other.family}"' not in spec.html
