"""An episode in the terminal."""

import io
import unicodedata
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from vigorl.agent.evaluation.progress import episode_table, practising
from vigorl.agent.plain_text import one_line, plain
from vigorl.agent.record.trajectory import DoneCheck, Trajectory
from vigorl.agent.viewer.show import (
    Verdict,
    describe_action,
    ending,
    print_trajectory,
    step_line,
    verdict,
)
from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Done,
    Drag,
    GiveUp,
    Hover,
    Press,
    Scroll,
    TabClose,
    Type,
    Wait,
    Zoom,
)
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Event
from vigorl.policy.commands import read_command

ATTACKS = (
    "\x1b[2J\x1b[H cleared",
    "\x1b]0;owned\x07 title",
    "\x9b31m red in one byte",
    "one\rtwo\x08\x08three\x0bfour",
    "[bold red]markup[/bold red] [/] [link=file:///etc/passwd]x[/link] :skull:",
    "left \u202e right \u2066 isolated",
    "half \ud83d a character",
    "\n\n\nlines\n\n",
)


def printed(*renderables: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    for renderable in renderables:
        console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def printed_episode(trajectory: Trajectory, is_terminal: bool = True) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None, force_terminal=is_terminal)
    print_trajectory(trajectory, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("attack", ATTACKS)
def test_practice_tells_of_the_episodes_that_ended_last(
    shop_episode: Trajectory, attack: str
) -> None:
    last = shop_episode.steps[-1]
    spoken = replace(last, turn=replace(last.turn, thought=attack, action=Done(attack)))
    assert shop_episode.end is not None
    broken = replace(
        shop_episode,
        steps=(*shop_episode.steps[:-1], spoken),
        end=replace(shop_episode.end, score=None),
    )
    out = io.StringIO()
    terminal = Console(file=out, width=120, force_terminal=True, color_system=None)
    with practising(20, terminal) as watch:
        for _ in range(9):
            watch(1, shop_episode)
        watch(2, broken)
    assert "1/20" in out.getvalue() and "10 episodes" in out.getvalue()
    lines = printed(episode_table([shop_episode, broken])).splitlines()
    assert len(lines) == 3 and lines[0].split()[:2] == ["score", "turns"]
    assert lines[2].split()[:2] == ["–", str(len(shop_episode.steps))]
    assert all(unicodedata.category(each) not in ("Cc", "Cs", "Cf") for each in "".join(lines))
    nobody = Console(file=io.StringIO(), width=80)
    with practising(20, nobody) as watch:
        watch(1, shop_episode)
    assert isinstance(nobody.file, io.StringIO) and nobody.file.getvalue().strip() == ""


def test_an_episode_is_told_in_eighty_columns(shop_episode: Trajectory) -> None:
    text = printed_episode(shop_episode)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Put the cheapest red kettle into the cart")
    assert '→ type (440, 34) "red kettle" enter' in text
    assert "→ zoom (195, 375) 140x140" in text
    assert "✗ There is text outside of the tags." in text
    assert '! The page showed a dialog (confirm) "Add one Enamel Red' in text
    assert [line.rstrip().split(maxsplit=1) for line in lines[-5:-2]] == [
        ["✓", "done  checked by the task's judge"],
        ["answer", "27 months"],
        ["score", "1.00  Enamel Red is in the cart and the answer names 27 months"],
    ]
    assert "9 steps" in lines[-2]
    assert lines[-1].rstrip().split(maxsplit=1) == ["used", "8,100 prompt tokens · 432 sampled"]


def test_what_the_policy_calls_done_and_its_judge_does_not_is_missed(
    shop_episode: Trajectory,
) -> None:
    end = shop_episode.end
    assert end and end.score
    assert verdict(shop_episode) == Verdict("✓", "done", "good", "checked by the task's judge")
    wrong = replace(shop_episode, end=replace(end, score=replace(end.score, value=0.5)))
    assert (verdict(wrong).words, verdict(wrong).tone) == ("missed", "warn")
    assert "✗ missed" in printed_episode(wrong)
    unjudged = replace(shop_episode, end=replace(end, score=None))
    assert verdict(unjudged) == Verdict("○", "done, unchecked", "plain")
    seen = replace(unjudged, end=replace(end, score=None, checks=(DoneCheck(True, "policy"),)))
    assert verdict(seen).words == "done" and "effect of every step" in verdict(seen).how
    disputed = replace(
        seen, end=replace(end, score=None, checks=(DoneCheck(False, "second look"),))
    )
    assert verdict(disputed).words == "missed" and "second look" in verdict(disputed).how
    assert verdict(replace(shop_episode, end=None)).words == "interrupted"


def test_a_step_is_told_whole_in_a_file_and_a_pipe(shop_episode: Trajectory) -> None:
    text = printed_episode(shop_episode, is_terminal=False)
    for step in shop_episode.steps:
        assert one_line(step.turn.thought) in text
        assert one_line(step.turn.error or "") in text


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_page_or_model_steers_the_terminal(
    shop_episode: Trajectory, attack: str
) -> None:
    first = shop_episode.steps[0]
    assert shop_episode.end is not None
    hostile = replace(
        shop_episode,
        start=replace(shop_episode.start, goal=attack, policy={"name": attack}, started_at=attack),
        steps=(
            replace(
                first,
                seen=replace(first.seen, title=attack, events=(Event("dialog", attack),)),
                turn=replace(first.turn, thought=attack, action=Type(attack, Point(1, 2))),
            ),
            replace(first, turn=replace(first.turn, thought="", action=None, error=attack)),
        ),
        end=replace(shop_episode.end, reason=attack, answer=attack, score=Score(0.5, attack)),
    )
    text = printed_episode(hostile)
    controls = {c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"}
    assert controls == set()
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert max(map(len, text.splitlines())) <= 80


def test_markup_of_a_page_is_printed_as_it_stands(shop_episode: Trajectory) -> None:
    step = shop_episode.steps[0]
    markup = "[bold red]x[/bold red] :skull:"
    text = printed(step_line(replace(step, turn=replace(step.turn, thought=markup))))
    assert markup in text


def test_a_control_character_is_shown_as_its_picture() -> None:
    assert plain("a\x1b[2Jb\x00\x7f\x9b\u202ec\td\n") == "a␛[2Jb␀␡��c\td\n"
    assert one_line(" a \n\t b\x1b ") == "a b␛"
    assert one_line("abcdefgh", 5) == "abcd…"


@pytest.mark.parametrize(
    "action",
    [
        Click(Point(412, 80)),
        Click(Point(412, 80), count=2),
        Click(Point(412, 80), "right"),
        Hover(Point(0, 0)),
        Type('say "hi"', Point(3, 4), clear=True, enter=True),
        Type("here"),
        Press("Control+A"),
        Scroll(Point(9, 9), 0, -300),
        Drag(Point(1, 2), Point(3, 4)),
        Back(),
        TabClose(2),
        Wait(1.5),
        Done("42"),
        GiveUp("no such page"),
    ],
    ids=lambda action: action.type,
)
def test_an_action_is_described_in_words_that_the_grammar_reads_back(action: Action) -> None:
    assert read_command(describe_action(action), Frame.of_viewport(1280, 720)) == action


def test_what_the_grammar_cannot_say_is_described_all_the_same() -> None:
    assert describe_action(Zoom(Box(100, 100, 300, 200))) == "zoom (200, 150) 200x100"
    across = describe_action(Scroll(Point(1, 2), 30, 40))
    assert across == '{"point":{"x":1.0,"y":2.0},"dx_css_px":30.0,"dy_css_px":40.0}'


def test_a_killed_run_is_told_as_interrupted(shop_episode: Trajectory) -> None:
    text = printed(ending(replace(shop_episode, end=None)))
    assert "interrupted  the record breaks off: the run was killed" in text
