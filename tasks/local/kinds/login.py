"""Signing in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Frontage,
    Outcome,
    Page,
    Visit,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, click, fill, press, tick
from vigorl.tasks.local.vocabulary import PASS_WORDS, people

ACCOUNT_LABELS = WordLists(train=("Username", "Email", "User name"), test=("Login name", "Account"))
BUTTONS = WordLists(train=("Sign in", "Log in", "Continue"), test=("Enter", "Log me in", "Go on"))
REMEMBER = WordLists(
    train=("Remember me", "Keep me signed in"), test=("Stay signed in", "Trust this computer")
)
HEADINGS = WordLists(
    train=("Welcome back", "Good to see you again"), test=("Nice to have you here", "Hello again")
)


@dataclass(frozen=True)
class LoginSpec:
    """Who signs in, and how the page words it."""

    first_name: str
    account: str
    password: str
    other_account: str
    other_password: str
    remember: bool
    """Whether the task asks to tick the box."""
    by_enter: bool
    """Whether the instructions press Enter instead of the button."""
    layout: str
    heading: str
    account_label: str
    remember_label: str
    button: str


@dataclass
class LoginWorld:
    """Who is signed in."""

    account: str | None = None
    remembered: bool = False


class LoginTask(EmbeddedTask[LoginSpec, LoginWorld]):
    """Sign in with a name and a password."""

    name = "login"
    summary = "sign in with the name and password given"
    spec_type = LoginSpec
    frontage = Frontage("Account", shells=("bare",))

    def draw(self, draw: Draw) -> LoginSpec:
        """Two accounts exist; the task is about the first."""
        user, other = people(draw, 2)
        label = draw.word(ACCOUNT_LABELS)
        domain = "@example.com" if label == "Email" else ""
        words = draw.words(PASS_WORDS, 2)
        return LoginSpec(
            first_name=user.first,
            account=user.account + domain,
            password=f"{words[0]}-{draw.whole(22, 98)}",
            other_account=other.account + domain,
            other_password=f"{words[1]}-{draw.whole(22, 98)}",
            remember=draw.chance(0.5),
            by_enter=draw.chance(0.3),
            layout=draw.one(("card", "split", "plain")),
            heading=draw.word(HEADINGS),
            account_label=label,
            remember_label=draw.word(REMEMBER),
            button=draw.word(BUTTONS),
        )

    def goal(self, spec: LoginSpec) -> str:
        """The account, the password, and whether to stay signed in."""
        goal = f'Sign in as "{spec.account}" with the password "{spec.password}".'
        return f'{goal} Tick "{spec.remember_label}".' if spec.remember else goal

    def plan(self, spec: LoginSpec) -> Sequence[PlanStep]:
        """Fill in both fields and send."""
        return _sign_in(spec, spec.account, spec.password, spec.remember)

    def near_misses(self, spec: LoginSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Another account, a slip in the password, a form not sent, the box the other way."""
        return {
            "another account": _sign_in(
                spec, spec.other_account, spec.other_password, spec.remember
            ),
            "wrong password": _sign_in(spec, spec.account, spec.password + "0", spec.remember),
            "not sent": self.plan(spec)[:-1],
            "box the other way": _sign_in(spec, spec.account, spec.password, not spec.remember),
        }

    def world(self, spec: LoginSpec) -> LoginWorld:
        """Nobody is signed in."""
        return LoginWorld()

    def show(self, spec: LoginSpec, world: LoginWorld, visit: Visit) -> Page:
        """The form, or the user's own page."""
        if world.account is None:
            return Page("login.html", "Sign in")
        return Page("login_home.html", "Overview")

    def submit(self, spec: LoginSpec, world: LoginWorld, visit: Visit) -> FormReply:
        """Check name and password."""
        accounts = {spec.account: spec.password, spec.other_account: spec.other_password}
        account = visit.get("account")
        if accounts.get(account) != visit.get("password"):
            return FormReply("/", "The name and the password do not match.", failed=True)
        world.account = account
        world.remembered = bool(visit.get("remember"))
        return FormReply("/")

    def judge(self, spec: LoginSpec, outcome: Outcome[LoginWorld]) -> Score:
        """The right account is signed in, remembered as asked."""
        world = outcome.world
        return verdict(
            (world.account is None, "nobody is signed in"),
            (world.account != spec.account, f"{world.account} is signed in"),
            (world.remembered != spec.remember, f'"{spec.remember_label}" is the other way'),
        )


def _sign_in(spec: LoginSpec, account: str, password: str, remember: bool) -> list[PlanStep]:
    steps = [
        fill(account, spec.account_label, "#account"),
        fill(password, "Password", "#password"),
    ]
    if remember:
        steps.append(tick(spec.remember_label, "#remember"))
    by_enter = spec.by_enter and not remember
    return [*steps, press("Enter") if by_enter else click(spec.button, "#send", "button")]
