"""What the page of an episode shows, before it is opened."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import Markup

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.action_marker import ActionMarker
from vigorl.agent.viewer.episode_page import render_page
from vigorl.agent.viewer.episode_steps import Piece, pieces
from vigorl.agent.viewer.overlay import overlay
from vigorl.agent.viewer.page_setting import PageLink, PageSetting
from vigorl.agent.viewer.page_templates import duration
from vigorl.agent.viewer.time_bar import time_bar
from vigorl.agent.viewer.token_heat import token_cells
from vigorl.browser.actions import Click
from vigorl.browser.geometry import Frame, Point
from vigorl.policy import nano
from vigorl.policy.grammar import Dialect, parse
from vigorl.policy.points import mentions_by_order
from vigorl.policy.policy import Tokens, Turn
from vigorl.policy.tags import Tags

DIALECT = Dialect(Frame.of_viewport(640, 400), Tags())


def test_a_thought_is_cut_at_its_points_and_equal_points_share_a_number() -> None:
    one, two = Point(1.5, 2), Point(30, 40)
    thought, points = "at (3, 4), not (60, 80), (3, 4)!", (one, two, one)
    assert pieces(thought, mentions_by_order(thought, points), points) == (
        (
            Piece("at "),
            Piece("(3, 4)", 1),
            Piece(", not "),
            Piece("(60, 80)", 2),
            Piece(", "),
            Piece("(3, 4)", 1),
            Piece("!"),
        ),
        (),
    )


def test_points_whose_place_in_the_thought_is_unknown_are_shown_after_it() -> None:
    thought, points = "at (3, 4) or (9999, 1)", (Point(3, 4),)
    assert pieces(thought, mentions_by_order(thought, points), points) == ((Piece(thought),), (1,))


def test_a_point_beside_one_off_the_screen_is_shown_where_it_is_written() -> None:
    thought = "at (9999, 1) or (3, 4)"
    turn = parse(f"<think> {thought} </think>\n<answer> back </answer>", DIALECT)
    cut = pieces(turn.thought, turn.mentions, turn.points_css_px)
    assert cut == ((Piece("at (9999, 1) or "), Piece("(3, 4)", 1)), ())


def test_durations_are_said_as_a_person_would() -> None:
    said = [duration(seconds) for seconds in (0.004, 0.0994, 0.0996, 9.94, 9.96, 99.4, 99.6, 3601)]
    assert said == ["4 ms", "99 ms", "0.1 s", "9.9 s", "10 s", "99 s", "1 min 40 s", "60 min 1 s"]


def test_a_missing_picture_is_said_in_its_place_and_the_words_stay(
    shop_episode: Trajectory, tmp_path: Path
) -> None:
    html = render_page(replace(shop_episode, folder=tmp_path))
    assert "is not there" in html and "<image" not in html
    assert "There is small print" in html


def test_a_server_names_the_addresses_of_pictures_links_and_scripts(
    shop_episode: Trajectory,
) -> None:
    setting = PageSetting(
        picture_address=lambda episode, image: f"/p/{episode.folder.name}/{image}?a&b",
        links=(PageLink("All <runs>", "/list?q=1&r", "up"),),
        scripts=("/live.js",),
        styles=("/live.css",),
        panel=Markup("<section id=live></section>"),
    )
    html = render_page(shop_episode, setting)
    first = shop_episode.steps[0].seen.view
    assert first is not None
    assert f'src="/p/{shop_episode.folder.name}/{first.image}?a&amp;b"' in html
    assert '<a href="/list?q=1&amp;r" rel="up">All &lt;runs&gt;</a>' in html
    assert '<script src="/live.js" defer>' in html and 'href="/live.css"' in html
    assert "<section id=live></section>" in html
    assert "<image" not in html and "connect-src &#39;self&#39;" in html


def test_a_point_that_is_on_no_picture_draws_nothing(shop_episode: Trajectory) -> None:
    step = shop_episode.steps[0]
    aside = replace(step, turn=replace(step.turn, points=(), action=Click(Point(5000, 10))))
    assert 'class="target"' not in render_page(replace(shop_episode, steps=(aside,)))


def test_a_task_is_headed_by_its_goal_and_shows_what_the_policy_was_told(
    shop_episode: Trajectory,
) -> None:
    told = replace(shop_episode.start, goal="Press <Enter>", task={"goal": "Buy a kettle"})
    html = render_page(replace(shop_episode, start=told))
    assert "<h1>Buy a kettle</h1>" in html
    assert '<p class="told">Press &lt;Enter&gt;</p>' in html
    assert 'class="told"' not in render_page(shop_episode).partition("<body>")[2]


def test_the_time_bar_is_full_and_says_where_the_time_went(shop_episode: Trajectory) -> None:
    assert shop_episode.end is not None
    steps = tuple(replace(step, observe_s=1.0, act_s=2.0) for step in shop_episode.steps[:2])
    bar = time_bar(replace(shop_episode, steps=steps, end=replace(shop_episode.end, seconds=10.0)))
    assert dict(bar.told) == {"policy": 4.0, "page": 2.0, "rest": 4.0}
    assert [(span.part, span.step, span.start, span.width) for span in bar.spans] == [
        ("page", 1, 0, 10),
        ("policy", 1, 10, 20),
        ("page", 2, 30, 10),
        ("policy", 2, 40, 20),
        ("rest", 0, 60, 40),
    ]
    assert time_bar(replace(shop_episode, steps=(), end=None)).spans == ()


@pytest.mark.model
def test_tokens_are_as_warm_as_unlikely_and_named_only_where_they_spell_the_turn() -> None:
    from tokenizers import Tokenizer

    weights = Path(nano.__file__).parent / "weights"
    ids = tuple(Tokenizer.from_file(str(weights / "tokenizer.json")).encode("click it").ids)
    logprobs = (-0.01, -5.0, *(-0.2,) * (len(ids) - 2))
    turn = Turn("click it", "", (), None, tokens=Tokens(0, (), ids, logprobs))
    cells = token_cells(turn, {"path": str(weights)})
    assert "".join(cell.text for cell in cells) == "click it"
    assert [cell.level for cell in cells[:2]] == [0, 5]
    assert cells[1].told.startswith("-5.000 (0.67 %), token 2 of")
    for other in (replace(turn, text="click that"), turn):
        path = str(weights) if other is not turn else "/no/such/model"
        assert {cell.text for cell in token_cells(other, {"path": path})} == {""}


def test_the_number_of_a_point_stands_beside_points_labels_and_other_numbers() -> None:
    frame, points = Frame.of_viewport(640, 400), (Point(100, 100), Point(113, 87), Point(2, 2))
    drawn = overlay(frame, points, ActionMarker(Point(100, 100), label="typed"))
    places = [
        (point.x + dot.badge_px[0], point.y + dot.badge_px[1])
        for point, dot in zip(points, drawn.dots, strict=True)
    ]
    for index, (x, y) in enumerate(places):
        assert x > 9 and y > 9, "on the picture"
        others = [*places[:index], *places[index + 1 :], *((each.x, each.y) for each in points)]
        assert all(math.dist((x, y), other) > 12 for other in others)
