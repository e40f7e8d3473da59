import re

import pytest

from vigorl.browser.action_space import EVERY_ACTION
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.commands import offered_commands
from vigorl.policy.family import FAMILIES, Family, family_named, family_of, family_served
from vigorl.policy.grammar import parse
from vigorl.policy.tags import Tags

OURS = [
    family for family in FAMILIES if callable(family.system) and isinstance(family.format, Tags)
]


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (("gsarch/ViGoRL-3b-Web-Grounding",), "vigorl-grounding"),
        (("gsarch/ViGoRL-MCTS-SFT-3b-Web-Grounding",), "vigorl-grounding"),
        (("gsarch/ViGoRL-Multiturn-3b-Web-Grounding",), "vigorl-multiturn-grounding"),
        (("gsarch/ViGoRL-7b-Web-Action",), "vigorl-web-action"),
        (("gsarch/ViGoRL-7b-Spatial",), "vigorl-spatial"),
        (("gsarch/ViGoRL-Multiturn-7b-Visual-Search",), "vigorl-visual-search"),
        (("Qwen/Qwen2.5-VL-3B-Instruct",), "qwen2.5-vl"),
        (("my-run/step-500", "qwen2_5_vl"), "qwen2.5-vl"),
        (("Qwen/Qwen3-VL-4B-Instruct",), "qwen3-vl"),
        (("web-agent", "/data/checkpoints/x", "qwen3_vl"), "qwen3-vl"),
        (("served", "/models/ViGoRL-7b-Web-Action", "qwen2_5_vl"), "vigorl-web-action"),
        (("Qwen/Qwen3.5-9B",), "qwen-computer-use"),
        (("Qwen3.8-27B",), "qwen-computer-use"),
        (("ByteDance-Seed/UI-TARS-1.5-7B", "qwen2_5_vl"), "ui-tars"),
        (("inclusionAI/UI-Venus-1.5-8B", "qwen3_vl"), "ui-venus"),
        (("microsoft/Fara-7B", "qwen2_5_vl"), "fara-7b"),
        (("microsoft/Fara1.5-9B", "qwen3_5"), "fara"),
        (("mPLUG/GUI-Owl-1.5-8B", "qwen3_vl"), "gui-owl"),
        (("Hcompany/Holo2-8B", "qwen3_vl"), "holo"),
        (("Hcompany/Holo3-35B-A3B", "qwen3_5_moe"), "holo"),
        (("Hcompany/Holo1.5-7B", "qwen2_5_vl"), "holo1"),
        (("Tongyi-MAI/MAI-UI-8B", "qwen3_vl"), "mai-ui"),
    ],
)
def test_a_checkpoint_is_matched_by_its_name_then_its_architecture(
    names: tuple[str, ...], family: str
) -> None:
    assert family_of(*names).name == family


def test_an_unknown_model_is_answered_with_the_families_there_are() -> None:
    with pytest.raises(UsageError, match=r"mistral.*qwen3-vl, qwen2\.5-vl"):
        family_of("mistral")
    with pytest.raises(UsageError, match=r"no model family.*qwen3-vl, qwen2\.5-vl"):
        family_named("mistral")


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt-5", "generic-pixels"),
        ("llama-4-scout", "generic"),
    ],
)
def test_whatever_a_server_has_is_talked_to_in_plain_words_and_that_is_said(
    name: str, family: str
) -> None:
    chosen, notice = family_served(name)
    assert chosen.name == family
    assert name in notice and "--family" in notice
    assert chosen.coordinates in notice or "thousandths" in notice


def test_a_model_with_a_row_of_its_own_is_chosen_without_a_word() -> None:
    assert family_served("Qwen/Qwen3-VL-4B-Instruct") == (family_named("qwen3-vl"), "")
    assert family_served("openrouter/google/gemini-3-pro") == (family_named("gemini"), "")
    assert family_served("claude-opus-4-7") == (family_named("claude"), "")


@pytest.mark.parametrize("name", ["xlangai/OpenCUA-32B", "GTA1-7B"])
def test_a_model_that_needs_a_row_that_is_not_here_is_refused_by_name(name: str) -> None:
    for choose in (family_of, family_served):
        with pytest.raises(UsageError, match=rf"{name} .*--family generic"):
            choose(name, "qwen2_5_vl")


@pytest.mark.parametrize("family", OURS, ids=lambda family: family.name)
def test_the_system_prompt_is_a_lesson_in_the_grammar_that_is_read(family: Family) -> None:
    system = family.system_prompt() or ""
    thought = re.search(r"<think>.*</think>", system)
    assert thought
    dialect = family.dialect(Frame.of_viewport(1288, 728))
    for last in (r"<tool_call>.*</tool_call>", r"<answer>.*</answer>"):
        example = re.search(last, system)
        assert example
        parsed = parse(f"{thought.group()}\n{example.group()}", dialect)
        assert parsed.error is None
        assert len(parsed.points_css_px) == 1
    assert all(usage in system for usage, _ in offered_commands(EVERY_ACTION).values())


def test_the_published_lens_shows_100_px_of_the_picture_that_the_model_was_shown() -> None:
    family = family_named("vigorl-multiturn-grounding")
    shown = Frame(980, 560, Box(0, 0, 1280, 720))
    dialect = family.dialect(shown)
    assert dialect.frame == shown
    assert dialect.lens
    assert dialect.lens.half_width_css_px == pytest.approx(100 * 1280 / 980)
    assert dialect.lens.half_height_css_px == pytest.approx(100 * 720 / 560)
    style = dialect.lens.style
    assert (style.output_px, style.dot, style.edge, style.source) == (504, True, "clip", "recorded")


def test_visual_search_sees_182_px_at_672_without_a_dot() -> None:
    zoom = family_named("vigorl-visual-search").zoom
    assert zoom
    assert (zoom.half_width_px, zoom.style.output_px, zoom.style.dot) == (182, 672, False)


def test_qwen3_points_in_thousandths_of_the_screen() -> None:
    dialect = family_named("qwen3-vl").dialect(Frame(1280, 704, Box(0, 0, 1280, 720)))
    assert dialect.frame.to_region(Point(500, 250)) == Point(640, 180)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_only_what_was_trained_without_a_system_prompt_gets_none(
    family: Family,
) -> None:
    trained_here = family.name == "scout" or family.name.startswith(("vigorl-", "nano"))
    assert (family.system is None) == trained_here
    assert bool(family.template_system) == family.name.startswith("vigorl-")


@pytest.mark.parametrize("name", ["qwen2.5-vl", "qwen3-vl", "nano"])
def test_a_family_without_zoom_is_not_told_of_it(name: str) -> None:
    family = family_named(name).without_zoom()
    assert family.zoom is None
    assert family.dialect(Frame.of_viewport(100, 100)).lens is None
    for word in ("search_coordinate", "closer", "enlarged"):
        assert word not in (family.system_prompt() or "")
    if name != "nano":
        assert "Then act:\n<answer> type" in (family.system_prompt() or "")


def test_a_checkpoint_whose_prompt_speaks_of_zoom_cannot_go_without() -> None:
    with pytest.raises(UsageError, match="own template"):
        family_named("vigorl-visual-search").without_zoom()
    assert family_named("vigorl-grounding").without_zoom().zoom is None
