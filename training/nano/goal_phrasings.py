"""Goals of the embedded tasks and of the stand-in sites as people put them.

With and without quotation marks; as an order, a wish, a need or a question.
"""

import re
from random import Random

PHRASINGS: dict[str, tuple[str, ...]] = {
    'Move the card "{a}" to the column "{b}".': (
        "Put {a} into {b}.",
        '"{a}" is in the wrong column: it belongs in "{b}".',
        "Move {a} over to {b}",
        'On the board, drag the card "{a}" to "{b}".',
    ),
    'Book an appointment for "{a}" on {b} at {c}.': (
        "Get me a {a} appointment on {b} at {c}.",
        "I need a {a} on {b}, {c}. Please book it.",
        "Reserve {c} on {b} for {a}.",
        "{a} on {b} at {c} would suit me. Make the appointment.",
    ),
    "Order {n} {a} in {b}.": (
        "Buy {n} {a}, color {b}.",
        "I'd like to have {n} {b} {a}. Order them.",
        "Get me {n} {a} in {b} and check out.",
        "We need {n} {b} {a}, please buy them",
    ),
    'Delete the file "{a}".': (
        "I don't need {a} any more. Delete the file.",
        "Delete {a} from my files",
        'Get rid of the file "{a}" (delete it).',
    ),
    'Delete the file "{a}" in the folder "{b}".': (
        "In {b} there is {a}: delete it.",
        "Delete {a}, which lies in the folder {b}",
        'Get rid of "{a}" in "{b}" (delete it).',
    ),
    'Rename the file "{a}" to "{b}".': (
        "The file {a} should be called {b}.",
        'Give "{a}" the name "{b}".',
        "Rename {a} to {b}",
    ),
    'Rename the file "{a}" in the folder "{c}" to "{b}".': (
        "The file {a} in {c} should be called {b}.",
        'In the folder "{c}", give "{a}" the name "{b}".',
        "Rename {a} to {b}; it is in {c}",
    ),
    'Duplicate the file "{a}".': (
        "Make a duplicate of {a}.",
        "I need a second copy of the file {a}: duplicate it.",
    ),
    'Duplicate the file "{a}" in the folder "{b}".': (
        "Make a duplicate of {a}, which is in {b}.",
        "I need a second copy of the file {a} in the folder {b}: duplicate it.",
    ),
    "Register {a} from {b}, {c}, for the course on {d}, with these extras and no others: {e}.": (
        "{a}, who lives in {b}, {c}, wants to take the course on {d}. Only these extras: {e}.",
        "Sign {a} ({b}, {c}) up for {d}, with {e} and nothing else.",
        "Enrol {a} from {b} in {c} in the {d} course; extras: {e}",
    ),
    'Sign in as "{a}" with the password "{b}".': (
        "Log me in. My user name is {a}, my password {b}",
        "I want to get into my account: {a}, password {b}.",
        'Log in with "{a}" and "{b}".',
        "My login is {a} / {b}. Sign me in.",
    ),
    'Sign in as "{a}" with the password "{b}". Tick "{c}".': (
        "Log me in as {a} with {b}, and tick {c}.",
        'My user name is "{a}", my password "{b}". Sign me in, with "{c}" ticked.',
        "Log in ({a}, {b}) and check {c}",
    ),
    'What does the table give as "{a}" of {b}?': (
        "What is the {a} of {b}?",
        "{b}: what's its {a} in the table?",
        "Tell me the {a} for {b}.",
        "Look up the {a} of {b} in the table",
    ),
    'Open the message "{a}" from {b} and choose "{c}".': (
        "{b} wrote me about {a}. Open it and choose {c}.",
        'There is a mail "{a}" by {b}: "{c}" is what I want to do with it.',
        "Open {b}'s message {a}, then press {c}",
    ),
    'Reply to the message "{a}" from {b} with the words "{c}".': (
        "Answer {b}'s mail about {a}: {c}",
        'Write "{c}" back to {b}, who sent "{a}".',
        '{b} sent me "{a}". Reply "{c}".',
        "Reply {c} to {b}'s message {a}",
    ),
    '{v} the project "{a}".': (
        "{v} {a}",
        'I want to {v} the project "{a}".',
        "One of my projects is {a}: {v} that one.",
    ),
    'Accept the paper "{a}", then go on with "{b}" on the first page.': (
        "Read and accept {a}, then press {b} where you started.",
        '"{a}" has to be accepted before you can choose "{b}" on the first page. Do both.',
        "Accept {a}, go back to the first page and click {b}",
    ),
    'What is the reference code of the paper "{a}"?': (
        "Which reference code has {a}?",
        "Tell me the reference code of {a}.",
    ),
    'Find "{a}" in the list and {v} it.': (
        "{v} {a}",
        "Somewhere in the list is {a}: {v} it.",
        'Look for "{a}" and {v} it, please.',
    ),
    'What is given as "{a}" of the {b}?': (
        "What is the {a} of the {b}?",
        "Tell me the {a} for {b}",
        "I need the {b}'s {a}.",
    ),
    "What does the {a} cost?": (
        "How much is the {a}?",
        "What's the price of the {a}?",
        "Find out the price of {a}",
        "How much do I have to pay for one {a}?",
    ),
    'Search the catalogue for "{a}" and reserve "{b}".': (
        "Reserve the book {b} (search for {a}).",
        'I want to read "{b}". Search for "{a}" and reserve it.',
        "Look for {a} in the catalogue, then reserve {b}",
    ),
    'Search the catalogue for "{a}" and reserve the {n} book in the results.': (
        "Reserve the {n} book that a search for {a} finds.",
        'Search for "{a}" and reserve the {n} result.',
    ),
    'In the settings, turn "{a}" {b}, and save.': (
        "Turn {a} {b} in the settings, and save that.",
        "I want {a} to be {b}. Save the settings.",
        "Switch {a} {b} and save",
    ),
    'In the settings, turn "{a}" {b} and turn "{c}" {d}, and save.': (
        "In the settings, {a} should be {b} and {c} {d}. Save.",
        "Switch {a} {b} and {c} {d}, then save",
    ),
    'Search the shop for "{a}", open the {n} result, put {m} pieces of it in {b} into the {c} and '
    "tell me the total. Do not order.": (
        "Look for {a}, take the {n} result, lay {m} of it in {b} into the {c}, and tell me what "
        "all of it costs. Don't order anything.",
        "What do {m} pieces in {b} of the {n} result for {a} cost? Put them into the {c} to see "
        "the total, but do not order.",
    ),
    "{v} {a} from the list.": (
        "{a} has left us: {v} them from the list.",
        "Please {v} {a}",
    ),
    'Give {a} the role "{b}".': (
        "{a} is a {b} from now on. Change the role.",
        "Change the role of {a} to {b}",
        "Make {a} {b}.",
    ),
    'Set the preference "{a}" to "{b}" and save it.': (
        "Change {a} to {b} and save.",
        "I'd rather have {b} as {a}. Save the change.",
        "In my preferences, {a} should be {b}; save that",
    ),
    'Turn the preference "{a}" {b} and save it.': (
        "Switch {a} {b} in my preferences, and save.",
        "I want {a} {b}. Save the change.",
    ),
    'Decline the agreement at its end ("{a}").': (
        "I don't agree: choose {a} at the end of the agreement.",
        "Go to the end of the agreement and press {a}",
    ),
    'Tick "{a}" at the end of the agreement and accept it ("{b}"), with "{c}" not ticked.': (
        "Accept the agreement: tick {a} at its end, leave {c} off, and press {b}.",
        'At the end, tick "{a}" but not "{c}", and click "{b}".',
    ),
    'Tick "{a}" at the end of the agreement and accept it ("{b}"), with "{c}" ticked.': (
        "Accept the agreement: tick {a} and {c} at its end, and press {b}.",
        'At the end, tick both "{a}" and "{c}", and click "{b}".',
    ),
    'Add "{a}" to the list.': (
        "I have to remember this: {a}. Add it to the list.",
        'Put "{a}" on my list.',
        "Add a new entry: {a}",
    ),
    'Check off "{a}".': ("{a} is done, check it off.", "Tick {a}", 'Mark "{a}" as done.'),
    'Delete "{a}".': ("{a} is not needed any more, delete it.", "Delete the entry {a}"),
    'Delete "{a}" and check off "{b}".': (
        "{b} is done, check it off; {a} is not needed, delete it.",
        "Delete {a}, tick {b}",
    ),
    'Check off "{b}" and delete "{a}".': (
        "{b} is done, check it off; {a} is not needed, delete it.",
        'Mark "{b}" as done and delete "{a}".',
    ),
    'Add "{a}" to the list and check off "{b}".': (
        "{b} is done, check it off, and add {a}.",
        'Put "{a}" on the list and mark "{b}" as done.',
    ),
    'Check off "{b}" and add "{a}" to the list.': (
        "{b} is done, check it off, and add {a}.",
        'Mark "{b}" as done, then put "{a}" on the list.',
    ),
    'Add "{a}" to the list and delete "{b}".': (
        "Delete {b} and add {a}.",
        "On my list, {a} should take the place of {b}: add the one, delete the other.",
    ),
    'Which amount does the invoice give as "{a}"?': (
        "What is the {a} on the invoice?",
        "How much is {a}?",
        "Tell me the amount of {a}",
    ),
    'Delete my listing "{a}".': ("I have sold {a}: delete the listing.", "Delete my ad {a}"),
    "Count the listings from {a}.": (
        "How many things are offered in {a}?",
        "How many listings are there from {a}?",
    ),
    "Find the listing {a} and open it.": ("Show me {a}", "I want to see the listing {a}."),
    'Set my biography to "{a}".': (
        "My biography should be: {a}",
        'Change my biography to "{a}".',
    ),
    'Delete my post "{a}".': ("I regret my post {a}. Delete it.", "Delete what I posted: {a}"),
    'In which forum is the post "{a}"?': ("Where was {a} posted?", "Which forum is {a} in?"),
    'Send {a} the message "{b}".': ("Write to {a}: {b}", 'Tell {a} "{b}" in a message.'),
    'Go to the post "{a}".': ("Show me {a}", "I'd like to read the post {a}."),
    'Downvote the post "{a}".': ("I don't like {a}, downvote it.", "Downvote {a}"),
    'Upvote the post "{a}".': ("I like {a}, upvote it.", "Upvote {a}"),
    "Add the {a} to the cart.": (
        "Put the {a} in my cart.",
        "I want the {a}. Add it to the cart",
        "{a} - into the cart, please",
    ),
    "Add the {a} to the products to compare.": ("I want to compare the {a}: add it.",),
    "How much does the {a} cost?": ("What is the price of the {a}?", "How much is {a}"),
    "Open the {v} product in {a}.": (
        "What's the {v} thing in {a}? Open it.",
        "Find the {v} product of the category {a} and show it to me.",
        "Show me the {v} one in {a}",
    ),
    "Find the {a} and open it.": ("Show me the {a}.", "I want to look at the {a}"),
    "Go to the product page of the {a}.": ("Show me the {a}.", "Open {a}"),
    "Put the {a} on my wish list.": ("I wish for the {a}. Add it to my wish list",),
}
"""Other forms by the form of the task. `{n}` stands for a number, `{v}` for a verb or the like."""


_HELD = {
    "n": "one|two|three|four|five|six|first|second|third|fourth|fifth|sixth|\\d+",
    "v": r"\w+|\w+ \w+",
}


def _pattern(form: str) -> re.Pattern[str]:
    """What recognises a goal of a form: `n` is a number, `v` a verb or the like, else any text."""
    parts = re.split(r"\{(\w)\}", form)
    for index in range(1, len(parts), 2):
        name = parts[index]
        quoted = parts[index - 1].endswith('"')
        held = '[^"]+' if quoted else _HELD.get(name, '[^"]+?')
        parts[index] = f"(?P<{name}>{held})"
    parts[::2] = map(re.escape, parts[::2])
    return re.compile("".join(parts))


_FORMS = tuple((_pattern(form), others) for form, others in PHRASINGS.items())


def as_people_say(goal: str, random: Random) -> str | None:
    """A goal as somebody else puts it; None: it has no form that is known."""
    for pattern, others in _FORMS:
        if found := pattern.fullmatch(goal):
            names = found.groupdict()
            if "v" in names:
                names["v"] = names["v"][0].lower() + names["v"][1:]
            said = random.choice(others).format(**names)
            return said[0].upper() + said[1:]
    return None
