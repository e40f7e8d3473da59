"""Plans for the forum, by the tasks' places in their file."""

from vigorl.tasks.local.plan import PlanStep, choose, click
from vigorl.tasks.sites.plans.moves import (
    Ways,
    answers,
    button,
    link,
    search,
    tab,
    write,
)
from vigorl.tasks.visualwebarena.task import Sites


def _post(words: str, title: str) -> list[PlanStep]:
    """Search for a post and open it."""
    return [*search(words, "[name=q]"), link(title)]


def _vote(way: str) -> PlanStep:
    return click(way, f'.submission--open [title="{way}"]')


def _comment(text: str) -> list[PlanStep]:
    return [write(text, "Comment", ".comment-box textarea"), button("Post")]


def _answer(author: str, text: str) -> list[PlanStep]:
    """Answer the first comment of somebody."""
    comment = f'.comment:has(> .comment__row .fg-inherit:text-is("{author}")) >> nth=0'
    return [
        click("Reply", f"{comment} >> summary >> nth=0"),
        write(text, "Comment", f"{comment} >> textarea >> nth=0"),
        click("Post", f"{comment} >> button:text-is('Post') >> nth=0", "button"),
    ]


def _forum(name: str, *steps: PlanStep) -> list[PlanStep]:
    return [link("Forums"), link(name), *steps]


def _biography(text: str) -> list[PlanStep]:
    return [
        link(_ME),
        link("Edit biography"),
        write(text, "Biography", "#user_biography"),
        button("Save"),
    ]


def _question(title: str) -> list[PlanStep]:
    return [
        *_forum("AskTown", link("Submit")),
        write(title, "Title", "#submission_title"),
        write("My front tyre is flat.", "Body", "#submission_body"),
        button("Create submission"),
    ]


def _message(to: str) -> list[PlanStep]:
    return [
        *_post("saddle", "Which saddle for long rides?"),
        link(to),
        link("Send message"),
        write("May I meet your cat?", "Message", "#message_body"),
        button("Send"),
    ]


def _advert(listing: int, picture: str) -> list[PlanStep]:
    """Post the picture of a listing, whose address shows when it is opened in the second tab."""
    return [
        tab(1),
        click("the listing", f'.results .title[href$="id={listing}"]', "link"),
        click("the picture", ".item-photos a"),
        tab(0),
        write("For sale in Newark", "Title", "#submission_title"),
        write(picture, "Address of a picture", "#submission_url"),
        choose("boats", "Forum", "#submission_forum"),
        button("Create submission"),
    ]


def plans(sites: Sites) -> tuple[Ways, ...]:
    """A plan for each task; one of them writes the address of a picture."""
    media = f"{sites.classifieds}/media"
    saddle = _post("saddle", "Which saddle for long rides?")
    lettuce = [link("What is eating my lettuce?")]
    bread = _post("kneading", "Bread without kneading")
    no_reason = _post("reason", "A sign without a reason")
    van = _post("van", "This fish shop has only one van")
    chain = _post("chain wax", "Chain wax or oil?")
    beans = _post("broad beans", "When do you sow broad beans?")
    boats = _forum("boats", link("Top"))
    project = [link(_ME), link("Winter project"), button("Delete")]
    sign = [link(_ME), link("Sign at the bakery"), button("Delete")]
    fleece = "Thank you, I will try a fleece."
    twin = "Mine has a twin!"
    return (
        Ways([*chain, _vote("Upvote")], [*chain, _vote("Downvote")]),
        Ways([*saddle, *_comment("Try a wider one.")], [*saddle, *_comment("Try a softer one.")]),
        Ways([*lettuce, *_answer("late_baker", fleece)], [*lettuce, *_comment(fleece)]),
        Ways(_forum("boats", button("Subscribe")), _forum("bikes", button("Subscribe"))),
        Ways(_forum("aww", button("Unsubscribe")), _forum("music", button("Unsubscribe"))),
        Ways(_biography("I ride slowly."), _biography("I ride slowly")),
        Ways(
            _question("Where is the nearest bike pump?"), _question("Where is the next bike pump?")
        ),
        answers(bread, "It takes 350 g of water.", "It takes 450 g of water."),
        answers(chain, "oldpaddle", "juniper42"),
        Ways([*boats, link("Regatta day")], [*boats, link("Out at last")]),
        Ways([*beans, _vote("Downvote")], [*beans, _vote("Downvote"), _vote("Downvote")]),
        Ways(_message("quietheron"), _message("ferro_dan")),
        Ways(project, sign),
        Ways(
            [*_forum("bikes", link("Somebody left this at the station")), _vote("Upvote")],
            [*_forum("bikes", link("Finally painted the frame")), _vote("Upvote")],
        ),
        answers(no_reason, "It says NO SINGING.", "It says no parking."),
        answers(_post("litter", "The whole litter"), "5", "6"),
        Ways(
            [link("First day at the new home"), *_comment(twin)],
            [link("Found her under the hedge"), *_comment(twin)],
        ),
        answers([link("For her birthday")], "The number is 40.", "The number is 14."),
        Ways(
            [link("Painted pot for the balcony")],
            [link("It has outgrown the window")],
        ),
        answers(van, "HERRING", "The word is FISH."),
        Ways(_advert(13, f"{media}/15.jpg"), _advert(12, f"{media}/14.jpg")),
    )


_ME = "MarvelsGrantMan136"
