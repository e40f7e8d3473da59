"""Imagined sites with an account: signing in, and messages that are read and answered."""

from collections.abc import Mapping
from random import Random
from typing import Any

from vigorl.training.nano import imagined_words as words
from vigorl.training.nano.imagined import ImaginedSite, Script, episode, give_up
from vigorl.training.nano.imagined_sheet import Sheet

USERS = ("User", "User name", "E-mail", "Your e-mail", "Member name", "User ID")
SECRETS = ("Password", "Your password", "Passphrase", "Secret")
SIGNS = ("Sign in", "Log in", "Log on", "Submit", "OK", "Open account", "Continue")
_OTHERS = ("Forgot your password?", "Create an account", "Use a code", "Need help?")
_ENTERS = ("Sign in as {user} with {secret}.", "Log me in: {user}, password {secret}",
           'Open my account. I am "{user}" and my password is "{secret}".',
           "My user name is {user}, the password {secret}. Log in, please.")  # fmt: skip
REPLIES = ("Write back now", "Reply", "Answer", "Write a reply", "Comment")
SENDS = ("Send", "Send now", "Send message", "Submit", "Send off")
TEXTS = ("Message", "Your answer", "Write here", "Reply", "Text")
KEEPS = {"Delete": ("Delete", "Bin it", "Clear"), "Archive": ("Archive", "Keep", "Shelve")}
_ANSWERED = ('Answer {who} with "{text}"', 'Write to {who}: "{text}"',
             'Tell {who} this: "{text}" It is about "{what}".',
             'Reply "{text}" to the message "{what}".')  # fmt: skip
_KEPT = ("{do} the message {what}.", 'The message "{what}" from {who}: {do} it.',
         "{do} what {who} has written, please.")  # fmt: skip
_SUBJECTS = ("A question", "Your order", "The keys", "Next week", "Holiday photos", "The bill",
             "Good news", "The meeting room", "A small favour", "Rehearsal", "Your parcel",
             "The old bicycle", "Birthday cake", "Train times")  # fmt: skip


def sign_in_page(random: Random) -> Mapping[str, Any]:
    """A page to sign in, perhaps behind a link; a name and a password to enter."""
    site = ImaginedSite.draw(random)
    site.user = ""
    name = words.person(random).lower().replace(" ", random.choice("._"))
    user = random.choice((name, words.address(random)))
    secret = f"{random.choice(words.GOODS).replace(' ', '')}-{random.randint(10, 9999)}"
    labels = {random.choice(USERS): user, random.choice(SECRETS): secret}
    button = random.choice(SIGNS)
    link = random.choice(("Sign in", "Log in", "My account", "Members"))
    heading = random.choice(("Your account", "For members", "Hello!", "Please sign in"))
    others = random.sample(_OTHERS, random.randint(0, 2))
    inside = random.random() < 0.3
    entered: dict[str, str] = {}

    def front(sheet: Sheet) -> None:
        sheet.button(sheet.width - 200, sheet.y - 40, link, "link", "link")
        sheet.heading("Welcome")
        sheet.heading(words.SENTENCES[len(secret) % len(words.SENTENCES)])

    def page(sheet: Sheet) -> None:
        sheet.heading(heading)
        for label in labels:
            if not inside:
                sheet.heading(label, 22)
            value = entered.get(label, label if inside else "")
            is_secret = value == secret
            sheet.field(sheet.left, sheet.y, "•" * 8 if is_secret else value, label)
            sheet.y += 48
        x = sheet.button(sheet.left + 10, sheet.y + 6, button, "sign in")
        for each in others:
            x = sheet.button(x, sheet.y + 6, each, role="link")
        sheet.y += 50

    title = f"{heading} · {site.brand}"
    script = Script(site, title, page)
    if random.random() < 0.35:
        script = Script(site, f"Welcome · {site.brand}", front)
        script.consents()
        script.act(f'click "{link}"', "click @", "link")
        script.go(title, page)
    script.consents()
    for label, value in labels.items():
        script.act(f'type "{value}" into "{label}"', f'type @ "{value}"', label)
        entered[label] = value
    script.act(f'click "{button}"', "click @", "sign in")
    script.go(f"Account · {site.brand}", lambda sheet: sheet.heading(f"Signed in as {user}"))
    script.act("everything is done", "done")
    goal = words.either(random, _ENTERS, user=user, secret=secret)
    return episode("sign-in", goal, script)


def messages_page(random: Random) -> Mapping[str, Any]:
    """Messages, one of which is answered, deleted or archived."""
    site = ImaginedSite.draw(random)
    subjects = random.sample(_SUBJECTS, random.randint(3, 6))
    people = random.sample(words.PEOPLE, len(subjects) + 1)
    by = dict(zip(subjects, people, strict=False))
    what = random.choice(subjects)
    who, text = by[what], random.choice(words.SENTENCES)
    reply, send, label = random.choice(REPLIES), random.choice(SENDS), random.choice(TEXTS)
    verb = random.choice(list(KEEPS))
    buttons = {each: random.choice(names) for each, names in KEEPS.items()}
    heading = random.choice(("Messages", "Inbox", "Mail", "Conversations"))
    stands_open = random.random() < 0.4
    in_icons = random.random() < 0.35
    entered: list[str] = []
    notice: list[str] = []

    def inbox(sheet: Sheet) -> None:
        sheet.heading(heading)
        for each in notice:
            sheet.heading(each, 30)
        for subject, sender in by.items():
            sheet.text(sheet.left, sheet.y, sender)
            sheet.button(sheet.left + 240, sheet.y, subject, f"open {subject}", "link")
            sheet.y += 40

    def letter(sheet: Sheet) -> None:
        sheet.heading(what, 34)
        sheet.heading(f"from {who}", 34)
        sheet.heading(words.SENTENCES[len(who) % len(words.SENTENCES)])
        x = sheet.left + 10
        if not stands_open and not entered:
            icon = in_icons and sheet.icon(x, sheet.y, "reply", "reply")
            x = icon or sheet.button(x, sheet.y, reply, "reply")
        for each, called in buttons.items():
            icon = in_icons and sheet.icon(x, sheet.y, each.lower(), called)
            x = icon or sheet.button(x, sheet.y, called)
        sheet.y += 44
        if stands_open or entered:
            sheet.heading(label, 22)
            sheet.field(sheet.left, sheet.y, "".join(entered).strip(), "text")
            sheet.button(sheet.left + 10, sheet.y + 50, send, "send")
            sheet.y += 90

    is_there = random.random() > 0.1
    answers = random.random() < 0.6
    said = random.choice((verb, buttons[verb]))
    if answers:
        goal = words.either(random, _ANSWERED, who=who, text=text, what=what)
    else:
        goal = words.either(random, _KEPT, do=said, who=who, what=what)
        goal = goal.replace(f": {said} ", f": {said.lower()} ")
    if not is_there:
        del by[what]
    script = Script(site, f"{heading} · {site.brand}", inbox)
    script.consents()
    if not is_there:
        missed = what if what in goal else who
        give_up(script, missed, f'click "{missed}"')
        return episode("messages", goal, script)
    script.act(f'click "{what}"', "click @", f"open {what}")
    script.go(f"{what} · {site.brand}", letter)
    if answers:
        if not stands_open:
            purpose = "click the reply icon" if in_icons else f'click "{reply}"'
            script.act(purpose, "click @", "reply")
            entered[:] = [" "]
        script.act(f'type "{text}" into "{label}"', f'type @ "{text}"', "text")
        entered[:] = [text]
        script.act(f'click "{send}"', "click @", "send")
        notice[:] = [random.choice(("Your message has been sent.", "Sent.", f"Sent to {who}."))]
    else:
        purpose = f"click the {verb.lower()} icon" if in_icons else f'click "{buttons[verb]}"'
        script.act(purpose, "click @", buttons[verb])
        del by[what]
        notice[:] = [random.choice(("Done.", f"{what}: done", "1 message moved"))]
    script.go(f"{heading} · {site.brand}", inbox)
    script.act("everything is done", "done")
    return episode("messages", goal, script)
