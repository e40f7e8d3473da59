"""Looks: every combination can be read."""

import itertools

import pytest

from vigorl.tasks.local.design import (
    ACCENTS,
    LOOK_NAMES,
    LOOKS,
    Design,
    contrast,
    css_variables,
    mixed,
    palette_of,
)

DESIGNS = [
    Design(look, mode, accent, "top", 0)
    for split in ("train", "test")
    for look, mode, accent in itertools.product(
        LOOK_NAMES.of(split), ("light", "dark"), ACCENTS.of(split)
    )
]
TEXT = 4.5
"""Least contrast of text (WCAG 2.2, 1.4.3)."""
CONTROL = 3.0
"""Least contrast of what shows a control's edge (WCAG 2.2, 1.4.11)."""


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
    assert contrast("#336699", "#336699") == 1


def test_every_look_belongs_to_one_split() -> None:
    assert sorted(LOOKS) == sorted(LOOK_NAMES.train + LOOK_NAMES.test)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: f"{d.look}-{d.mode}-{d.accent}")
def test_text_and_controls_stand_out(design: Design) -> None:
    p = palette_of(design)
    grounds = (p.ground, p.surface, p.sunken)
    texts = [
        *itertools.product((p.ink, p.muted, p.accent_text), grounds),
        *itertools.product((p.danger, p.ok), (p.ground, p.surface)),
        (p.on_accent, p.accent), (p.on_header, p.header), (p.accent_text, p.tint),
        (p.ok, mixed(p.surface, p.ok, 0.14)),
    ]  # fmt: skip
    low = [(a, b, contrast(a, b)) for a, b in texts if contrast(a, b) < TEXT]
    assert not low
    assert contrast(p.muted, p.surface) >= CONTROL


def test_no_text_is_smaller_than_twelve_px() -> None:
    for look in LOOKS.values():
        assert look.size_px * 0.87 >= 12
    assert css_variables(DESIGNS[0])["size"].endswith("px")
