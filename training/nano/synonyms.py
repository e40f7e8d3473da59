"""Other labels that mean the same, for a model that knows what words mean.

Recorded pages call a thing by one of two names, so whoever learns from them learns these two. Here
are more that the same button, field or heading could have. None is a label that held-out pages
have: a test compares them.
"""

from collections.abc import Mapping
from random import Random

EXCHANGED = 0.5
"""Share of the labels of an episode that are exchanged."""

_DELETE = ("Clear", "Drop", "Delete for good", "Get rid of it", "Bin it")
_ARCHIVE = ("Shelve", "Keep for later", "Move to the archive", "To the archive")
_NEXT_PAGE = ("Next page", "Further", "Show older", "Next ones", "Turn the page", "›", ">", "→")
_PAGE_BEFORE = ("Page before", "Show newer", "Turn back", "‹", "<", "←")
_NEXT = ("Ahead", "Further", "›", ">", "→", "»")
_BEFORE = ("Go back", "‹", "<", "←", "«")
_NEXT_MONTH = ("Next month", "Month after", "›", ">", "→")
_MONTH_BEFORE = ("Last month", "Month before", "‹", "<", "←")
_YES = ("Yes", "OK", "Sure", "Do it", "Yes, do it", "Continue")
_NO = ("No", "Go back", "Stop", "Leave it", "No, keep it")
_SURE = ("I understand this", "I know what I am doing", "It may go", "I have a copy")
_SIGN_IN = ("Log on", "Sign me in", "Let me in", "Open my account", "Submit", "OK")
_USER = ("Your user name", "E-mail address", "User ID", "Sign-in name", "Your e-mail", "Member")
_WELCOME = ("Hi there", "Members only", "Who are you?", "Please identify yourself")
_SAVE = ("Update", "OK", "Confirm", "Save it", "Save preferences", "Submit changes", "Done")
_REGISTER = ("Submit", "Send", "Send the form", "Enrol", "Enrol me", "Join the course")
_BOOK = ("Confirm", "Book it", "Book this time", "Confirm booking", "Take this time")
_AGREE = ("Understood", "Yes", "OK", "I accept", "I accept these rules")
_ORDER = ("Checkout", "Check out", "Complete order", "Buy", "Confirm order", "Pay", "Pay now")
_ADD = ("Add", "Add item", "Take it", "I'll take it", "Buy this")
_BORROW = ("Lend", "Get this book", "Keep it for me", "Hold it for me", "Order this book")
_BOOKS = ("Search for books", "Keyword", "Type a title", "Search here")
_GOODS = ("Search here", "Type a name", "Keyword", "Which product?")
_SEARCH = ("Start", "Search now", "Show results", "OK")
_RENAME = ("Edit name", "Name it", "New name …", "Call it otherwise")
_COPY = ("Copy", "Copy it", "One more of it")
_SEND = ("Send message", "Send now", "Submit", "Send off", "Deliver")
_REPLY = ("Write a reply", "Send an answer", "Reply to this", "Comment on it")
_REPLY_TEXT = ("Your answer", "Text", "Write here", "Comment")
_EDIT = ("Edit entry", "Manage", "Update", "Open")
_TASK = ("New task", "Add something", "Another task", "I still have to …")
_LATER_SHOPPING = ("Keep shopping", "Back to the shop", "See other goods")
_MESSAGES = ("Notifications", "E-mails", "What we send", "Mail")
_PRIVACY = ("Who can see me", "Security", "Who may know", "Being seen")
_REGION = ("Formats", "Local", "Dates and sums", "Units")

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "Delete": _DELETE,
    "Remove": _DELETE,
    "Move to trash": _DELETE,
    "Move to bin": _DELETE,
    "Archive": _ARCHIVE,
    "Set aside": _ARCHIVE,
    "Put away": _ARCHIVE,
    "Older": _NEXT_PAGE,
    "Newer": _PAGE_BEFORE,
    "Next": _NEXT,
    "Previous": _BEFORE,
    "Later": _NEXT_MONTH,
    "Earlier": _MONTH_BEFORE,
    "Yes, go ahead": _YES,
    "Confirm": _YES,
    "Cancel": _NO,
    "Keep it": _NO,
    "I have a backup": _SURE,
    "I know that this is final": _SURE,
    "Sign in": _SIGN_IN,
    "Log in": _SIGN_IN,
    "Username": _USER,
    "User name": _USER,
    "Email": _USER,
    "Password": ("Your password", "Secret word", "Passphrase", "Your secret"),
    "Welcome back": _WELCOME,
    "Good to see you again": _WELCOME,
    "Save": _SAVE,
    "Save changes": _SAVE,
    "Save settings": _SAVE,
    "Register": _REGISTER,
    "Send registration": _REGISTER,
    "Clear form": ("Reset", "Empty the form", "Start over"),
    "Full name": ("Name", "Your name", "Who is coming?", "First and last name"),
    "City": ("Town", "Your city", "Where from?", "Town or city"),
    "Country": ("Nation", "Which country?", "Your country", "Land"),
    "Book": _BOOK,
    "Book appointment": _BOOK,
    "Service": ("What do you need?", "Type", "Appointment for", "Kind of visit"),
    "I agree": _AGREE,
    "Accept": _AGREE,
    "Colour": ("Color", "Shade", "Which colour?", "Variant"),
    "Quantity": ("Amount", "How many?", "Pieces", "Number", "Qty"),
    "Place order": _ORDER,
    "Buy now": _ORDER,
    "Add to cart": _ADD,
    "Add to bag": _ADD,
    "Go on shopping": _LATER_SHOPPING,
    "Reserve": _BORROW,
    "Borrow": _BORROW,
    "Search the catalogue": _BOOKS,
    "Title, author or subject": _BOOKS,
    "Search the shop": _GOODS,
    "Search products": _GOODS,
    "Search": _SEARCH,
    "Go": _SEARCH,
    "Rename": _RENAME,
    "Change name": _RENAME,
    "New name": ("Name", "File name", "Rename to", "What to call it"),
    "Duplicate": _COPY,
    "Make a copy": _COPY,
    "Send": _SEND,
    "Send reply": _SEND,
    "Reply": _REPLY,
    "Answer": _REPLY,
    "Your reply": _REPLY_TEXT,
    "Message": _REPLY_TEXT,
    "Edit": _EDIT,
    "Change": _EDIT,
    "New role": ("Role", "Choose a role", "Is from now on"),
    "Add a task": _TASK,
    "What is next?": _TASK,
    "Price": ("Costs", "Our price", "You pay"),
    "Messages": _MESSAGES,
    "Alerts": _MESSAGES,
    "Privacy": _PRIVACY,
    "Visibility": _PRIVACY,
    "Region": _REGION,
    "Language": _REGION,
    "Profile": ("Me", "Your profile", "Personal"),
    "About you": ("Me", "Your profile", "Personal"),
}
"""What pages call a thing, and what others call it."""

_CARTS = ("tote", "crate", "hamper", "carrier", "box", "order", "collection", "suitcase")


def drawn_synonyms(goal: str, random: Random) -> Mapping[str, str]:
    """Labels of an episode and what they become; those that its goal names stay.

    Args:
        goal: Of the episode.
        random: Draws which are exchanged, and for what. Different labels become different ones.
    """
    drawn: dict[str, str] = {}
    for label, others in SYNONYMS.items():
        if random.random() < EXCHANGED and f'"{label}"' not in goal:
            left = [other for other in others if other not in drawn.values()]
            if left:
                drawn[label] = random.choice(left)
    return drawn


def drawn_cart(random: Random) -> Mapping[str, str]:
    """What the words for a cart become, wherever they stand: "Add to …" and "Your …" name it."""
    if random.random() > EXCHANGED:
        return {}
    return dict(zip(("cart", "bag"), random.sample(_CARTS, 2), strict=True))
