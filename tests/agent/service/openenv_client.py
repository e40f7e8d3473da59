"""Plays on a service with OpenEnv's own client, in an environment that has `openenv` alone."""

import sys

from openenv.core.generic_client import GenericEnvClient  # type: ignore[import-not-found]

url, token, *words = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
with GenericEnvClient(base_url=url, headers=headers) as env:
    for _ in range(2):
        first = env.reset(environment="tasks", task="login", seed=1)
        assert first.observation["view"]["picture"]["base64"] and not first.done
        assert first.observation["goal"].startswith("Sign in")
        step = env.step({"type": "click", "point": {"x": 5, "y": 5}})
        assert step.reward is None and not step.done
        last = env.step({"type": "done", "answer": ""})
        assert (last.reward, last.done) == (0.0, True), last
    assert env.state()["step_count"] == 1
    try:
        env.step({"type": "eval"})
    except RuntimeError as error:
        assert "VALIDATION_ERROR" in str(error), error
    else:
        raise AssertionError("it was done")
sys.stdout.write("played\n")
