"""The mailbox: find a message, then delete, star, answer or forward it."""

from collections.abc import Mapping

from vigorl.tasks.miniwob.hand import Hand, Oracle


async def _mail(hand: Hand) -> None:
    sender = hand.fields.get("by") or hand.told(r"email by (.+?) and")
    names = await hand.texts("#main .email-sender")
    nth = names.index(sender)
    match _task(hand):
        case "delete":
            await hand.click("#main .trash", nth=nth)
        case "star":
            await hand.click("#main .star", nth=nth)
        case "reply":
            text = hand.fields.get("message") or hand.told(r'text "(.+)"')
            await hand.click("#main .email-thread .email-left", nth=nth)
            await hand.click("#email .email-reply")
            await hand.type("#reply-text", text)
            await hand.click("#send-reply")
        case "forward":
            to = hand.fields.get("to") or hand.told(r"forward that email to (.+)\.$")
            await hand.click("#main .email-thread .email-left", nth=nth)
            await hand.click("#email .email-forward")
            await hand.type("#forward .forward-sender", to)
            await hand.click("#send-forward")


def _task(hand: Hand) -> str:
    if "task" in hand.fields:
        return hand.fields["task"]
    if "to" in hand.fields or "forward" in hand.goal:
        return "forward"
    if "reply" in hand.goal:
        return "reply"
    return "delete" if "trash" in hand.goal else "star"


ORACLES: Mapping[str, Oracle] = dict.fromkeys(
    (
        "email-inbox",
        "email-inbox-delete",
        "email-inbox-forward",
        "email-inbox-forward-nl",
        "email-inbox-forward-nl-turk",
        "email-inbox-important",
        "email-inbox-nl-turk",
        "email-inbox-noscroll",
        "email-inbox-reply",
        "email-inbox-star-reply",
    ),
    _mail,
)
