"""A short recorded episode, as `vigorl-agent data oracles` writes it."""

from typing import Any

FIELD, BUTTON = [190.0, 145.0], [440.0, 145.0]
SCREEN = {
    "size": [1000, 500],
    "lines": [
        ["Courses", 300.0, 30.0, 360.0, 50.0, "t", 0],
        ["Full name", 40.0, 98.0, 120.0, 118.0, "t", 0],
        ["Register", 420.0, 135.0, 470.0, 155.0, "t", 0],
    ],
    "controls": [
        ["textbox", 40.0, 130.0, 340.0, 160.0, "Full name", "", None, "", 0],
        ["button", 400.0, 130.0, 490.0, 160.0, "Register", "", None, "", 0],
    ],
}


def step(command: str, points: list[list[float]], **told: Any) -> dict[str, Any]:
    stored = {"title": "Lumen", "tabs": [["Lumen", 1]], "events": [], "same": 0, "sound": 1}
    return {**stored, "command": command, "points": points, "purpose": "go on", **told}


EPISODE = {
    "task": "login",
    "seed": 0,
    "goal": 'Sign in as "Karin Tanaka".',
    "answer": "",
    "steps": [
        step("scroll (500, 500) down 576", [], **SCREEN, sound=0),
        step('type @ "Karin Tanaka"', [FIELD], same=1, purpose='fill in "Full name"'),
        step("click @", [BUTTON], **SCREEN, purpose='press "Register"'),
        step("done", [], **SCREEN, purpose="everything is done"),
    ],
}
