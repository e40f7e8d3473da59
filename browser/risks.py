"""What needs a yes: rules that say of an action, or of a request, that it is grave.

No model is asked. A rule looks at the element that the action is aimed at, the page around it and
the request that comes of it. Words alone are sure where a button says what cannot be taken back
("Place order"). Words that many harmless things bear ("Delete" in a list) only make it likely: it
is asked about when a request that changes something leaves the browser in the same step. And a
request can be grave whatever the button said.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from vigorl.browser.actions import (
    Accept,
    Drag,
    Goto,
    Press,
    SelectOption,
    TabNew,
    Type,
    Upload,
)
from vigorl.browser.deeds import ActionTarget, FormField, Sent
from vigorl.browser.origins import is_same_site
from vigorl.browser.prospect import Prospect
from vigorl.browser.wording import agrees, allows, likely, speaks_of, surely

PROGRAMS = re.compile(
    r"\.(exe|msi|msix|dmg|pkg|mpkg|app|deb|rpm|apk|appimage|run|sh|bash|bat|cmd|com|scr|ps1|vbs|"
    r"jar|jnlp|iso|img|crx|xpi|reg|lnk|hta|wsf|command|desktop|docm|xlsm|pptm)$",
    re.IGNORECASE,
)
"""Names of files that do something when they are opened."""

_HARMLESS = frozenset(
    "search find filter sort suggest suggestions autocomplete validate check preview draft track "
    "tracking collect beacon analytics metrics telemetry log logs event events stats heartbeat "
    "ping poll csp quote estimate login signin session sessions token refresh cart basket view "
    "seen read typing presence".split()
)
"""Parts of an address whose requests change nothing that matters."""

_PATHS: dict[str, frozenset[str]] = {
    "pay": frozenset(
        "pay payment payments order orders purchase purchases charge charges buy "
        "transfer transfers donate donation donations checkout "
        "subscribe subscription subscriptions placeorder bid payout booking bookings".split()
    ),
    "delete": frozenset(
        "delete remove destroy erase purge trash deactivate unsubscribe revoke wipe drop "
        "deleteaccount closeaccount cancelorder".split()
    ),
    "send": frozenset("send sendmail sendmessage messages message compose sms invite mail".split()),
    "publish": frozenset(
        "publish post posts tweet tweets comment comments review reviews release share".split()
    ),
    "account": frozenset(
        "password passwd changepassword resetpassword changeemail 2fa mfa totp passkey passkeys "
        "recovery security apikey apikeys credentials".split()
    ),
}
_VERBS = re.compile(
    r"(?:^|[&?\s{,\"'])(?:_method|method|action|act|op|operation|operationname|intent|cmd|command|"
    r"do|task|mutation|event)\"?\s*[=:]\s*\"?([\w-]+)",
    re.IGNORECASE,
)
"""Where bodies say what is to be done."""
_MUTATION = re.compile(r"\bmutation\b\s*(\w*)[^{]*\{\s*(\w+)?")
_QUERY = re.compile(r"\"query\"\s*:\s*\"\s*(?:query\b|\{)")
_EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.[\w.]{2,}")
_DIGITS = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
SECRET_KEYS = re.compile(r"(?:passw|passwd|pwd|secret|ssn|iban|cvc|cvv|card.?num)", re.IGNORECASE)
_PERSONAL = frozenset(
    "name given-name family-name email username tel street-address address-line1 address-line2 "
    "postal-code bday cc-name cc-number cc-exp cc-csc current-password new-password "
    "one-time-code".split()
)
_PERSONAL_NAMES = re.compile(
    r"e-?mail|phone|telefon|address|adresse|birth|iban|ssn|passport|card|credit|passw",
    re.IGNORECASE,
)
_CARD = re.compile(r"card.?num|cc-?num|cvc|cvv|iban", re.IGNORECASE)
_CONSENT = re.compile(r"oauth|authorize|consent|/sso/|/saml", re.IGNORECASE)
_ICON = re.compile(r"(?<![a-z])(trash|delete|remove|bin|garbage)(?!d)(?![a-z]{4})", re.IGNORECASE)

NO, MAYBE, YES = 0, 1, 2
"""How sure a rule is, before anything is done."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that needs a yes."""

    name: str
    sentence: str
    """What it does, for whoever is asked: `It pays …`."""
    ahead: Callable[[Prospect], int]
    """Before the action: NO, MAYBE or YES."""
    sent: Callable[[Sent], bool] = field(default=lambda _: False)
    """Of a request, whatever led to it."""


def judged(prospect: Prospect) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rules that an action falls under, and those that it may fall under."""
    found = {rule.name: rule.ahead(prospect) for rule in RULES.values()}
    maybe = tuple(name for name, how in found.items() if how == MAYBE)
    if prospect.unknown:
        maybe = (*maybe, UNSAID)
    return tuple(name for name, how in found.items() if how == YES), maybe


def judged_request(sent: Sent, maybe: tuple[str, ...]) -> tuple[str, ...]:
    """Rules that a request falls under.

    Args:
        sent: The request.
        maybe: Rules that the action may fall under of which it came.
    """
    rules = [rule.name for rule in RULES.values() if rule.sent(sent)]
    if _changes(sent) and not _is_harmless(sent):
        rules += [name for name in maybe if name not in rules]
    elif "delete" in maybe and _path_words(sent.url) & _PATHS["delete"]:
        rules.append("delete")
    return tuple(rules)


def _words(rule: str) -> Callable[[Prospect], int]:
    """Look at the words of what is pressed and, where they only say yes, at those around."""

    def ahead(prospect: Prospect) -> int:
        target, question = prospect.target, prospect.question
        if question is not None:
            asks = question.kind in ("confirm", "prompt") and isinstance(prospect.action, Accept)
            return YES if asks and speaks_of(rule, question.text) else NO
        if isinstance(prospect.action, Drag) and target is not None:
            return MAYBE if likely(rule, target.name) or _icon(rule, target) else NO
        if target is None or not prospect.activates:
            return NO
        return max(_name(rule, prospect, target), _unseen(rule, target))

    return ahead


def _name(rule: str, prospect: Prospect, target: ActionTarget) -> int:
    says = prospect.says
    is_plain_link = bool(target.href) and target.href.startswith("http") and not target.is_button
    opens = target.opens or is_plain_link or isinstance(prospect.action, SelectOption)
    if surely(rule, says):
        return MAYBE if opens else YES
    if likely(rule, says) or _icon(rule, target):
        return MAYBE
    if agrees(says):
        near = target.dialog or target.heading
        if surely(rule, near):
            return YES
        return MAYBE if speaks_of(rule, f"{near} . {target.title}") else NO
    return NO


def _icon(rule: str, target: ActionTarget) -> bool:
    return rule == "delete" and not target.name and _ICON.search(target.hints) is not None


def _unseen(rule: str, target: ActionTarget) -> int:
    """Of a form that opens a window, whose request cannot be held back."""
    if not target.has_form or not target.submits or target.form_method != "post":
        return NO
    words = _path_words(target.form_action) & _PATHS.get(rule, frozenset())
    if not words:
        return NO
    return YES if target.form_target not in ("", "_self", "_top", "_parent") else MAYBE


def _requests(rule: str) -> Callable[[Sent], bool]:
    def sent(request: Sent) -> bool:
        if not _changes(request):
            return False
        words = _path_words(request.url)
        if rule == "delete" and request.method == "DELETE":
            return True
        if _QUERY.search(request.body) and not _MUTATION.search(request.body):
            return False
        said = _said(request)
        if said & _PATHS[rule]:
            return True
        return bool(words & _PATHS[rule]) and not _is_harmless(request)

    return sent


def _pays(prospect: Prospect) -> int:
    target = prospect.target
    if target is not None and prospect.activates and _sends_form(prospect, target):
        for each in target.fields:
            is_card = each.autocomplete.endswith(("cc-number", "cc-csc")) or _CARD.search(each.name)
            if is_card and each.is_filled:
                return YES
    return _words("pay")(prospect)


def _sends(prospect: Prospect) -> int:
    action, target = prospect.action, prospect.target
    if isinstance(action, Goto | TabNew):
        foreign = bool(prospect.site) and not is_same_site(prospect.goes_to, prospect.site)
        return YES if foreign and _tells(urlsplit_query(action.url)) else NO
    if target is None or not prospect.activates:
        return _words("send")(prospect)
    if _sends_form(prospect, target) and any(map(_is_personal, target.fields)):
        away = not is_same_site(prospect.goes_to, prospect.origin)
        astray = bool(prospect.site) and not is_same_site(prospect.goes_to, prospect.site)
        if away or astray:
            return YES
    if target.is_editor and not target.button and _is_conversation(prospect, target):
        return YES
    return _words("send")(prospect)


def _is_conversation(prospect: Prospect, target: ActionTarget) -> bool:
    """Whether Enter in a field that nobody calls a search sends what was written."""
    enters = isinstance(prospect.action, Type | Press)
    return enters and (likely("send", target.name) or likely("publish", target.name))


def _changes_account(prospect: Prospect) -> int:
    target = prospect.target
    if target is not None and prospect.activates and _sends_form(prospect, target):
        secrets = [each for each in target.fields if each.type == "password" and each.is_filled]
        new = [each for each in secrets if "new-password" in each.autocomplete]
        if len(secrets) >= 3 or (new and len(secrets) > len(new)):
            return YES
    return _words("account")(prospect)


def _signs_in(prospect: Prospect) -> int:
    action, target, question = prospect.action, prospect.target, prospect.question
    elsewhere = bool(prospect.site) and not is_same_site(prospect.origin, prospect.site)
    if question is not None:
        is_log_in = question.kind == "log_in" and isinstance(action, Accept)
        return YES if is_log_in and elsewhere else NO
    if target is None:
        return NO
    if elsewhere and isinstance(action, Type) and target.is_field and target.is_secret:
        return YES
    if not prospect.activates:
        return NO
    if allows(prospect.says) and _CONSENT.search(target.url):
        return YES
    sends = _sends_form(prospect, target)
    foreign = elsewhere or (
        bool(prospect.site) and not is_same_site(prospect.goes_to, prospect.site)
    )
    has_secret = any(each.type == "password" and each.is_filled for each in target.fields)
    return YES if sends and foreign and has_secret else NO


def _uploads(prospect: Prospect) -> int:
    return YES if isinstance(prospect.action, Upload) else NO


def _gets_program(prospect: Prospect) -> int:
    target = prospect.target
    if isinstance(prospect.action, Goto | TabNew):
        return YES if PROGRAMS.search(urlsplit_path(prospect.action.url)) else NO
    if target is None or not prospect.activates:
        return NO
    if PROGRAMS.search(target.download) or PROGRAMS.search(urlsplit_path(target.href)):
        return YES
    return YES if surely("program", prospect.says) and not target.opens else NO


def _permits(prospect: Prospect) -> int:
    asked = prospect.question is not None and prospect.question.kind == "permission"
    return YES if asked and isinstance(prospect.action, Accept) else NO


def _leaves(prospect: Prospect) -> int:
    asked = prospect.question is not None and prospect.question.kind == "beforeunload"
    return YES if asked and isinstance(prospect.action, Accept) else NO


def _sends_away(sent: Sent) -> bool:
    """A request to another site that holds something about a person."""
    if not sent.page_url.startswith("http") or is_same_site(sent.url, sent.page_url):
        return False
    return _changes(sent) and _tells(sent.body)


def _tells(text: str) -> bool:
    """Whether a body or query holds an address, a card's number or a secret."""
    return bool(
        _EMAIL.search(text)
        or any(_is_card(found[0]) for found in _DIGITS.finditer(text))
        or any(value and SECRET_KEYS.search(key) for key, value in parse_qsl(text))
    )


def _is_card(digits: str) -> bool:
    numbers = [int(each) for each in digits if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) for each in numbers[-2::-2]]
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(numbers)) > 1


def _is_personal(each: FormField) -> bool:
    if not each.is_filled or each.type in ("hidden", "submit", "checkbox", "radio"):
        return False
    known = each.type in ("email", "tel", "password") or bool(
        set(each.autocomplete.split()) & _PERSONAL
    )
    return known or _PERSONAL_NAMES.search(f"{each.name} {each.label}") is not None


def _sends_form(prospect: Prospect, target: ActionTarget) -> bool:
    enters = isinstance(prospect.action, Type | Press) and target.is_field
    return target.has_form and (target.submits or enters)


def _changes(sent: Sent) -> bool:
    return sent.method not in ("GET", "HEAD", "OPTIONS", "TRACE")


def _is_harmless(sent: Sent) -> bool:
    is_query = _QUERY.search(sent.body) and not _MUTATION.search(sent.body)
    return sent.kind == "Ping" or bool(is_query) or bool(_path_words(sent.url) & _HARMLESS)


def _said(sent: Sent) -> frozenset[str]:
    """Words of what a body says is to be done."""
    body = unquote_plus(sent.body[:20_000])
    found = [match[1] for match in _VERBS.finditer(body)]
    for match in _MUTATION.finditer(body):
        found += [name for name in match.groups() if name]
    query = urlsplit_query(sent.url)
    found += [match[1] for match in _VERBS.finditer(f"&{unquote_plus(query)}")]
    return frozenset(word for each in found for word in _parts(each))


def _path_words(url: str) -> frozenset[str]:
    return frozenset(word for part in urlsplit_path(url).split("/") for word in _parts(part))


def _parts(word: str) -> list[str]:
    """`deleteAccount` as `delete`, `account` and `deleteaccount`."""
    spaced = re.sub(r"(?<=[a-z\d])(?=[A-Z])|[^A-Za-z\d]+", " ", unquote_plus(word)).lower().split()
    return [*spaced, "".join(spaced)]


def urlsplit_path(url: str) -> str:
    """The path of an address; empty where it is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def urlsplit_query(url: str) -> str:
    """The query of an address; empty where it is none."""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("pay", "it pays, orders or books something", _pays, _requests("pay")),
        Rule("delete", "it deletes or cancels something", _words("delete"), _requests("delete")),
        Rule(
            "account",
            "it changes a password, an address or how an account is secured",
            _changes_account,
            _requests("account"),
        ),
        Rule(
            "send",
            "it sends a message, or data about a person to another site",
            _sends,
            lambda sent: _requests("send")(sent) or _sends_away(sent),
        ),
        Rule("publish", "it publishes something", _words("publish"), _requests("publish")),
        Rule(
            "sign_in",
            "it signs in at another site than the task's, or lets one act with an account",
            _signs_in,
        ),
        Rule("upload", "it hands files of this machine to the page", _uploads),
        Rule("program", "it saves or installs a program", _gets_program),
        Rule("permission", "it lets the page use what a browser guards", _permits),
        Rule("leave", "it leaves a page whose changes are not saved", _leaves),
    )
}
"""Gravest first."""

ANY = "action"
"""Name of what falls under no rule, where everything is asked about."""

UNSAID = "unsaid"
"""Name of what is sent by a page that did not say what an action is aimed at."""

_OTHERS = {
    ANY: "it changes the page",
    UNSAID: "it sends something, and the page did not say what for",
}


def sentence(rules: tuple[str, ...]) -> str:
    """What rules say, in one sentence."""
    said = [RULES[name].sentence for name in rules if name in RULES] or [
        _OTHERS[name] for name in rules if name in _OTHERS
    ]
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."
