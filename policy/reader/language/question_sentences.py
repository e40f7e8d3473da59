"""Sentences that answer what a page or the browser asks."""

from vigorl.browser.actions import Accept, Dismiss
from vigorl.policy.reader.language.limits import parse_literal
from vigorl.policy.reader.language.quotes import QUOTE, QuotedText
from vigorl.policy.reader.language.sentence import Found, Sentences
from vigorl.policy.reader.language.steps import ActStep, Step

QUESTIONS = Sentences()


_DIALOG = (
    r"(?:the |this |that )?(?:dialog(?:ue)?(?: box)?|alert|confirm(?:ation)?(?: dialog(?:ue)?)?"
    r"|prompt)"
)
_PERMISSION = (
    r"(?:the |this )?(?:(?:location|geolocation|camera|microphone|notifications?|clipboard)"
    r"(?: (?:permission|access))?(?: request)?|permission(?: request)?)"
)


@QUESTIONS.sentence(
    rf"(?P<yes>accept|confirm) {_DIALOG}",
    r"(?P<yes>confirm)",
    rf"(?P<yes>allow|grant) (?:access to )?{_PERMISSION}",
    rf"(?:dismiss|cancel|decline|reject) {_DIALOG}",
    rf"(?:deny|block|refuse|reject|decline) (?:access to )?{_PERMISSION}",
)
def _decide(text: QuotedText, found: Found) -> Step | None:
    return ActStep(Accept() if found.groupdict().get("yes") else Dismiss())


@QUESTIONS.sentence(rf"answer {_DIALOG} with (?P<text>.+)")
def _answer_prompt(text: QuotedText, found: Found) -> Step | None:
    return ActStep(Accept(parse_literal(text, found["text"])))


@QUESTIONS.sentence(
    r"(?:log|sign) ?in (?:with|as|using) (?:the )?(?:user ?name |user |name )?"
    rf"(?P<user>{QUOTE})(?:,? and|,|,? with)(?: the)?(?: password)? (?P<password>{QUOTE})"
)
def _log_in(text: QuotedText, found: Found) -> Step | None:
    return ActStep(Accept(text.quote(found["user"]), text.quote(found["password"])))
