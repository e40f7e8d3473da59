"""A mailbox: open a message, then reply to it or put it away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Frontage,
    Missing,
    Outcome,
    Page,
    Visit,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, click, fill
from vigorl.tasks.local.vocabulary import people

SUBJECTS = WordLists(
    train=(
        "Quarterly figures", "Lunch on Thursday", "Draft of the contract", "Keys to the studio",
        "Photos from the trip", "New printer", "Choir rehearsal", "Your library card",
        "Change of address", "Minutes of the meeting",
    ),
    test=(
        "Annual report", "Dinner on Sunday", "Notes for the speech", "Parking permit",
        "Recipe for the cake", "Broken window", "Chess evening", "Your train ticket",
        "Change of plans", "Invitation to the opening",
    ),
)  # fmt: skip
OPENINGS = (
    "I hope you are well. Here is what we talked about last week.",
    "Just a short note before the weekend.",
    "Could you have a look at this when you find the time?",
    "Thank you again for your help the other day.",
    "We are nearly done, only a few questions are left.",
)
REPLIES = WordLists(
    train=("Thank you, I agree", "See you on Monday", "Please call me first", "I will be late"),
    test=("That suits me well", "Count me in", "Let me think about it", "I have no objection"),
)
REPLY = WordLists(train=("Reply", "Answer"), test=("Write back", "Respond"))
ARCHIVE = WordLists(train=("Archive", "Put away"), test=("File away", "Mark as done"))
DELETE = WordLists(train=("Delete", "Move to bin"), test=("Discard", "Throw away"))
SEND = WordLists(train=("Send", "Send reply"), test=("Send it", "Post"))
BODY_LABELS = WordLists(train=("Your reply", "Message"), test=("Your text", "What you write"))

Act = Literal["reply", "archive", "delete"]


@dataclass(frozen=True)
class Letter:
    """A message in the inbox."""

    id: str
    sender: str
    initials: str
    subject: str
    opening: str
    time: str


@dataclass(frozen=True)
class MailSpec:
    """The inbox, and what is to happen to one message."""

    messages: tuple[Letter, ...]
    target: int
    act: Act
    text: str
    """What to reply."""
    reply: str
    archive: str
    delete: str
    send: str
    body_label: str


@dataclass
class MailWorld:
    """What was done, in time: the act, the message's id, and the text of a reply."""

    done: list[tuple[Act, str, str]] = field(default_factory=list)

    @property
    def gone(self) -> set[str]:
        """Messages that are no longer in the inbox."""
        return {message_id for act, message_id, _ in self.done if act != "reply"}


class MailTask(EmbeddedTask[MailSpec, MailWorld]):
    """Reply, archive or delete."""

    name = "mail"
    summary = "open a message and reply to it, archive it or delete it"
    spec_type = MailSpec
    frontage = Frontage("Mail", ("Starred", "Drafts", "Spam"), ("side", "side", "top"))

    def draw(self, draw: Draw) -> MailSpec:
        """Six messages; two of them come from the same person."""
        senders, subjects = people(draw, 5), draw.words(SUBJECTS, 6)
        target = draw.whole(0, 5)
        twin = (target + draw.whole(1, 5)) % 6
        rest = iter(senders[1:])
        messages = []
        for i, subject in enumerate(subjects):
            sender = senders[0] if i in (target, twin) else next(rest)
            time = f"{draw.whole(7, 11):02}:{draw.whole(10, 59)}"
            messages.append(
                Letter(str(i), sender.name, sender.initials, subject, draw.one(OPENINGS), time)
            )
        acts: tuple[Act, ...] = ("reply", "reply", "archive", "delete")
        return MailSpec(
            messages=tuple(messages),
            target=target,
            act=draw.one(acts),
            text=draw.word(REPLIES),
            reply=draw.word(REPLY),
            archive=draw.word(ARCHIVE),
            delete=draw.word(DELETE),
            send=draw.word(SEND),
            body_label=draw.word(BODY_LABELS),
        )

    def goal(self, spec: MailSpec) -> str:
        """Which message, and what to do with it."""
        message = spec.messages[spec.target]
        which = f'the message "{message.subject}" from {message.sender}'
        match spec.act:
            case "reply":
                return f'Reply to {which} with the words "{spec.text}".'
            case "archive":
                return f'Open {which} and choose "{spec.archive}".'
            case "delete":
                return f'Open {which} and choose "{spec.delete}".'

    def plan(self, spec: MailSpec) -> Sequence[PlanStep]:
        """Open it, act."""
        return _handle(spec, spec.target, spec.act, spec.text)

    def near_misses(self, spec: MailSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Another message; a reply not sent or worded otherwise; the other button; a second act."""
        other = (spec.target + 1) % len(spec.messages)
        misses: dict[str, Sequence[PlanStep]] = {
            "another message": _handle(spec, other, spec.act, spec.text),
        }
        if spec.act == "reply":
            misses["not sent"] = self.plan(spec)[:-1]
            misses["other words"] = _handle(spec, spec.target, "reply", spec.text + " too")
        else:
            misses["only opened"] = self.plan(spec)[:1]
            other_act: Act = "delete" if spec.act == "archive" else "archive"
            misses["the other button"] = _handle(spec, spec.target, other_act, "")
            misses["another as well"] = [
                *_handle(spec, other, spec.act, ""),
                *_handle(spec, spec.target, spec.act, ""),
            ]
        return misses

    def world(self, spec: MailSpec) -> MailWorld:
        """Everything is in the inbox."""
        return MailWorld()

    def show(self, spec: MailSpec, world: MailWorld, visit: Visit) -> Page:
        """The inbox or a message."""
        if visit.path == "/":
            return Page("mail.html", "Inbox")
        message = _message(spec, visit.path)
        replies = [
            text for act, where, text in world.done if act == "reply" and where == message.id
        ]
        return Page("mail_message.html", message.subject, {"message": message, "replies": replies})

    def submit(self, spec: MailSpec, world: MailWorld, visit: Visit) -> FormReply:
        """Reply to a message, archive or delete it."""
        message = _message(spec, visit.path)
        match visit.get("act"):
            case "reply":
                text = visit.get("text")
                if not text:
                    return FormReply(visit.path, "There is nothing to send yet.", failed=True)
                world.done.append(("reply", message.id, text))
                return FormReply(visit.path, f"Your reply to {message.sender} is on its way.")
            case "archive":
                world.done.append(("archive", message.id, ""))
            case "delete":
                world.done.append(("delete", message.id, ""))
            case _:
                raise Missing(visit.path)
        return FormReply("/", f"“{message.subject}” is no longer in the inbox.")

    def judge(self, spec: MailSpec, outcome: Outcome[MailWorld]) -> Score:
        """This act on that message, with those words, and nothing else."""
        text = spec.text if spec.act == "reply" else ""
        gold, done = (spec.act, spec.messages[spec.target].id, text), outcome.world.done
        return verdict(
            (not done, "nothing was done"),
            (gold not in done, f"{done}, not {gold}"),
            (len(done) > 1, f"more than was asked: {done}"),
        )


def _message(spec: MailSpec, path: str) -> Letter:
    for message in spec.messages:
        if path == f"/message/{message.id}":
            return message
    raise Missing(path)


def _handle(spec: MailSpec, index: int, act: Act, text: str) -> list[PlanStep]:
    message = spec.messages[index]
    opened = click(message.subject, f'a[href$="/message/{message.id}"] .subject')
    match act:
        case "reply":
            return [
                opened,
                click(spec.reply, "#reply", "button"),
                fill(text, spec.body_label, "#text"),
                click(spec.send, "#send", "button"),
            ]
        case "archive":
            return [opened, click(spec.archive, "#archive", "button")]
        case "delete":
            return [opened, click(spec.delete, "#delete", "button")]
