"""A family with small looks closer, of which its prompt holds two: a third begins a new row."""

from dataclasses import replace

from vigorl.browser.actions import ZoomStyle
from vigorl.policy import family
from vigorl.policy.family import ZoomRule, family_named

FAMILY = "qwen2.5-vl"
SMALL = replace(
    family_named(FAMILY),
    zoom=ZoomRule(50, ZoomStyle(output_px=112)),
    window_screens=1,
    max_images=3,
)
KNOWN = tuple(SMALL if each.name == FAMILY else each for each in family.FAMILIES)


def know_it() -> None:
    """Let it be the family of its name in this process."""
    family.FAMILIES = KNOWN  # type: ignore[misc]
