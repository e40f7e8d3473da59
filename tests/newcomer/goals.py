"""The newcomer's tasks as somebody says them who knows what he wants and not how the site does it.

No control is named for its own sake, and no step is told; what comes about is judged as that of the
instruction. `measure.py --goals` plays them.
"""

from collections.abc import Sequence
from dataclasses import replace

from tests.newcomer.tasks import NewcomerTask

GOALS = {
    # What can be done.
    "outdoor/buy": "Accept all cookies and put the Trekking tent Lofoten 2 into my basket. What is "
    "the total of the basket?",
    "outdoor/price": "How much is this tent?",
    "outdoor/weight": "I only want the cookies that are needed. How heavy is the Rucksack Vidda "
    "45?",
    "clinic/book": "Request an appointment for Ida Holm on the 14th of next month at 10:30.",
    "clinic/until": "When is the first free time on 9 February 2027?",
    "buerger/form": "Ich heiße Jürgen Groß, habe die Hinweise gelesen und möchte meinen "
    "Führerschein umtauschen. Was kostet das?",
    "buerger/hours": "Wann ist am Donnerstag geöffnet?",
    "todo/add": "I have watered the plants, and I still have to buy oat milk. Note both in the "
    "list, then show me what is still active.",
    "todo/rename": "The call to the bank is on Monday: rename that entry to Call the bank on "
    "Monday.",
    "files/dismiss": "See what happens if you remove all files, but keep them when you are asked.",
    "files/accept": "Delete draft-2024.txt, and confirm that.",
    "files/prompt": "Make a new folder for my Invoices 2027.",
    "dashboard/card": "How high is the error rate?",
    "dashboard/period": "How many active users were there in the last 30 days?",
    "rivers/unit": "What is the discharge of the Elbe?",
    "rivers/sort": "Sort the rivers by length, the shortest first. Which one is it?",
    "docs/table": "What is the default limit of max_columns?",
    "docs/search": "Look up in the docs what the default checkpoint timeout is.",
    "leaflet/number": "Under which number was this medicine authorised?",
    "leaflet/dose": "My daughter is 14 years old. How much may she take a day at most?",
    "settings/range": "Make it 22 degrees.",
    "settings/date": "I am away from Christmas Eve 2026 on. Save that.",
    "settings/time": "Wake me at a quarter to seven, in German and with night mode on; save it and "
    "make sure that it was saved.",
    "library/page-four": "Reserve The Salt Road for me.",
    "library/log-in": "My card is L-20417 and the PIN maple-42. How many books have I on loan?",
    "feed/scroll": "What does it cost to get into the lighthouse that reopens to visitors?",
    "feed/subscribe": "Let ida@example.org have the newsletter.",
    "boulangerie/price": "Combien coûte un chausson aux pommes ?",
    "boulangerie/order": "Je suis Zoé Lefèvre et je voudrais trois tartes aux poires pour samedi.",
    "museum/english": "I do not read Hebrew, take the English page. When is the museum open on "
    "Wednesdays?",
    "board/drag": "The release notes are written: move their card to Done.",
    "board/hover": "When is the code freeze, according to the calendar?",
    "board/assign": "Let Marta Oliveira take care of the login timeout.",
    "player/volume": "Reject the cookies. Play at volume 30 and at one and a half times the speed.",
    "player/chapter": "Reject the cookies, and play the chapter about the rudder, with subtitles.",
    "bank/new-tab": "What is the closing balance on the statement of my savings?",
    "bank/hold": "Send 40 euros to Tomas Lund.",
    "pizza/toppings": "Add a large pizza with olives and mushrooms to my order.",
    "pizza/crust": "Add a pizza with a thin crust to my order.",
    "pizza/frame": "Pay with the card 4000 1234 5678 9010 of Ida Holm.",
    "trains/birth": "I was born on 17 May 1990. Save that.",
    "trains/search": "What does the IC 2049 from Leipzig Hbf to Dresden Hbf cost?",
    "photoclub/join": "I am Ida Holm, ida@example.org, a student. I accept the rules: let me join "
    "the club.",
    "photoclub/several": "Share IMG_0412 and IMG_0415.",
    "photoclub/prompt": "Call the album Fog and frost.",
    # Traps: nothing comes of it, and that has to be said.
    "outdoor/no-result": "What does the second kettle cost that they have?",
    "outdoor/sold-elsewhere": "Accept the cookies and put the Trekking tent Senja 2 into my "
    "basket.",
    "clinic/closed": "Request an appointment for Ida Holm on the 24th of next month at 10:30.",
    "buerger/no-option": "Ich heiße Jürgen Groß und möchte einen Reisepass beantragen.",
    "todo/absent": "The flights are booked: tick that off.",
    "files/absent": "Delete budget.xlsx, and confirm that.",
    "dashboard/no-card": "How high is the bounce rate?",
    "dashboard/no-row": "How many errors had the payments service?",
    "rivers/no-row": "What is the discharge of the Tiber?",
    "docs/no-result": "Look up in the docs how sharding is done.",
    "leaflet/absent": "What is the batch number?",
    "settings/too-hot": "Make it 45 degrees.",
    "library/no-such-book": "Reserve The Midnight Gardener for me.",
    "library/wrong-pin": "My card is L-20417 and the PIN maple-24. How many books have I on loan?",
    "feed/never": "For how long are the ferry fares frozen?",
    "boulangerie/absent": "Combien coûte un mille-feuille ?",
    "board/locked": "The certificate is renewed: move its card to Done.",
    "board/absent": "Work on the card Update the logo has begun: move it to Doing.",
    "player/no-option": "Reject the cookies, and play three times as fast.",
    "bank/no-account": "How much is in my holiday fund?",
    "pizza/no-option": "Add a pizza with pineapple to my order.",
    "trains/no-such-day": "I was born on 31 February 1990. Save that.",
    "photoclub/dead-button": "Invite a friend to the club.",
}
"""By the task's id."""


def as_goals(tasks: Sequence[NewcomerTask]) -> list[NewcomerTask]:
    """Those of the tasks that are said as goals, said so."""
    return [replace(task, instruction=GOALS[task.id]) for task in tasks if task.id in GOALS]
