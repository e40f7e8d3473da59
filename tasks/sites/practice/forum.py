"""Tasks of practice on the forum."""

from collections.abc import Sequence
from random import Random
from typing import Any

from vigorl.tasks.local.plan import PlanStep, click
from vigorl.tasks.sites.plans.moves import button, link, search, write
from vigorl.tasks.sites.practice.contents import words
from vigorl.tasks.sites.practice.task import Draws, SiteState, SiteTask, asked

_SITE = "reddit"


class _Post:
    """A post of the contents."""

    def __init__(self, row: Sequence[Any], number: int) -> None:
        self.forum, self.title, self.author, self.votes, *_ = row
        self.number = number

    def way(self) -> list[PlanStep]:
        """By the search: no title tells its forum."""
        longest = max(self.title.replace("?", "").split(), key=len)
        there = click(self.title, f'.submission__link:text-is("{self.title}")', "link")
        return [*search(longest, "[name=q]"), there]


def _forum(name: str) -> list[PlanStep]:
    return [link("Forums"), click(name, f'main a:text-is("{name}")', "link")]


def _posts(data: Any) -> list[_Post]:
    return [_Post(row, number) for number, row in enumerate(data["posts"], 1)]


def _foreign(random: Random, data: Any) -> _Post:
    return random.choice([post for post in _posts(data) if post.author != data["users"][0]])


def _is_open(post: _Post) -> Any:
    return lambda state: state.path.startswith(f"/f/{post.forum}/{post.number}")


def _open(random: Random, data: Any) -> SiteTask:
    post = random.choice(_posts(data))
    goal = random.choice(
        ('Open the post "{}".', 'Show me what people say about "{}".', 'Go to the post "{}".')
    ).format(post.title)
    return SiteTask(_SITE, goal, post.way(), _is_open(post))


def _vote(random: Random, data: Any) -> SiteTask:
    post, is_up = _foreign(random, data), random.random() < 0.6
    way = "Upvote" if is_up else "Downvote"
    goal = random.choice(('{} the post "{}".', '{} "{}".', 'Please {} the post called "{}".'))
    step = click(way, f'.submission--open [title="{way}"]', "button")
    said = goal.format(way, post.title)
    return SiteTask(
        _SITE,
        said[0] + said[1:].replace(way, way.lower(), 1),
        [*post.way(), step],
        lambda state: (
            state.rows("SELECT target, choice FROM votes") == [(post.number, 1 if is_up else -1)]
        ),
    )


def _comments(state: SiteState) -> list[tuple[Any, ...]]:
    return state.rows("SELECT post, parent, body FROM comments WHERE author = 1")


def _comment(random: Random, data: Any) -> SiteTask:
    post, text = _foreign(random, data), random.choice(words()["comments"])
    goal = random.choice(
        (
            'Write the comment "{1}" under the post "{0}".',
            'Comment on "{0}": "{1}"',
            'Say "{1}" under "{0}".',
        )
    ).format(post.title, text)
    way = [*post.way(), write(text, "Comment", ".comment-box textarea"), button("Post")]
    return SiteTask(_SITE, goal, way, lambda state: _comments(state) == [(post.number, None, text)])


def _answer(random: Random, data: Any) -> SiteTask:
    number, who, said, _ = random.choice(data["comments"])
    post, text = _posts(data)[number - 1], random.choice(words()["comments"])
    at = f'.comment:has(> .comment__row p:text-is("{said}")):has(> .comment__row .fg-inherit:'
    at += f'text-is("{who}")) >> nth=0'
    goal = f'Answer {who}\'s comment on the post "{post.title}" with "{text}".'
    way = [
        *post.way(),
        click("Reply", f"{at} >> summary >> nth=0", beside=who),
        write(text, "Comment", f"{at} >> textarea >> nth=0"),
        click("Post", f"{at} >> button:text-is('Post') >> nth=0", "button"),
    ]

    def is_done(state: SiteState) -> bool:
        rows = _comments(state)
        return (
            len(rows) == 1
            and rows[0][0] == number
            and rows[0][1:]
            == (
                state.rows("SELECT id FROM comments WHERE body = ? AND post = ?", said, number)[0][
                    0
                ],
                text,
            )
        )

    return SiteTask(_SITE, goal, way, is_done)


def _follow(random: Random, data: Any) -> SiteTask:
    names = [name for name, *_ in data["forums"]]
    name = random.choice(names)
    is_followed = name in data["subscribed"]
    word = "Unsubscribe" if is_followed else "Subscribe"
    goal = random.choice(
        ("{} me from {}.", "I am tired of {1}: {0}.")
        if is_followed
        else ("{} to the forum {}.", "I want to read more of {1}: {0}.")
    ).format(word, name)
    wanted = sorted({*data["subscribed"]} ^ {name})
    sql = (
        "SELECT name FROM subscriptions JOIN forums ON forums.id = forum WHERE user = 1"
        " ORDER BY name"
    )
    return SiteTask(
        _SITE,
        goal,
        [*_forum(name), button(word)],
        lambda state: [row[0] for row in state.rows(sql)] == wanted,
    )


def _biography(random: Random, data: Any) -> SiteTask:
    text = random.choice(words()["biographies"])
    goal = random.choice(
        ('Write "{}" into my biography.', 'Let my biography say "{}".', 'Set my biography to "{}".')
    ).format(text)
    way = [
        link(data["users"][0]),
        link("Edit biography"),
        write(text, "Biography", "#user_biography"),
        button("Save"),
    ]
    return SiteTask(
        _SITE,
        goal,
        way,
        lambda state: state.rows("SELECT user, body FROM biographies") == [(1, text)],
    )


def _submit(random: Random, data: Any) -> SiteTask:
    forum = random.choice(data["forums"])[0]
    told = words()
    unused = sorted({*told["titles"]} - {post.title for post in _posts(data)})
    title, body = random.choice(unused), random.choice(told["bodies"])
    goal = random.choice(
        (
            'Ask in {}, under the title "{}", with the text "{}".',
            'Post in the forum {}: title "{}", body "{}".',
        )
    ).format(forum, title, body)
    way = [
        *_forum(forum),
        link("Submit"),
        write(title, "Title", "#submission_title"),
        write(body, "Body", "#submission_body"),
        button("Create submission"),
    ]
    sql = "SELECT name, title, body FROM posts JOIN forums ON forums.id = forum WHERE posts.id > ?"
    return SiteTask(
        _SITE,
        goal,
        way,
        lambda state: state.rows(sql, len(data["posts"])) == [(forum, title, body)],
    )


def _message(random: Random, data: Any) -> SiteTask:
    post, text = _foreign(random, data), random.choice(words()["mails"])
    goal = random.choice(
        (
            'Send {0} the message "{1}".',
            'Write to whoever posted "{2}": "{1}"',
        )
    ).format(post.author, text, post.title)
    author = click(post.author, f'main .submission__submitter:text-is("{post.author}") >> nth=0',
                   "link")  # fmt: skip
    way = [
        *post.way(),
        author,
        link("Send message"),
        write(text, "Message", "#message_body"),
        button("Send"),
    ]
    sql = "SELECT name, body FROM messages JOIN users ON users.id = receiver WHERE sender = 1"
    return SiteTask(_SITE, goal, way, lambda state: state.rows(sql) == [(post.author, text)])


def _delete(random: Random, data: Any) -> SiteTask:
    me = data["users"][0]
    post = random.choice([each for each in _posts(data) if each.author == me])
    goal = random.choice(('Delete my post "{}".', 'Take down what I posted as "{}".'))
    there = click(post.title, f'.submission__link:text-is("{post.title}")', "link")
    return SiteTask(
        _SITE,
        goal.format(post.title),
        [link(me), there, button("Delete")],
        lambda state: (
            state.rows("SELECT count(*) FROM posts") == [(len(data["posts"]) - 1,)]
            and not state.rows("SELECT id FROM posts WHERE id = ?", post.number)
        ),
    )


def _top(random: Random, data: Any) -> SiteTask:
    forum = random.choice(data["forums"])[0]
    posts = [post for post in _posts(data) if post.forum == forum]
    best = max(posts, key=lambda post: post.votes)
    goal = random.choice(
        (
            "Open the post with the most votes in the forum {}.",
            "Show me the top post of {}.",
            "Which post in {} has the highest score? Open it.",
        )
    ).format(forum)
    first = click(best.title, ".submission__link >> nth=0", "link")
    return SiteTask(_SITE, goal, [*_forum(forum), link("Top"), first], _is_open(best))


def _detail(random: Random, data: Any) -> SiteTask:
    post = random.choice(_posts(data))
    goal, answer = random.choice(
        (
            ('Who wrote the post "{}"?', post.author),
            ('In which forum is the post "{}"?', post.forum),
        )
    )
    return asked(_SITE, goal.format(post.title), post.way(), answer)


FORUM: dict[str, Draws] = {
    "open": _open,
    "vote": _vote,
    "comment": _comment,
    "answer": _answer,
    "follow": _follow,
    "biography": _biography,
    "submit": _submit,
    "message": _message,
    "delete": _delete,
    "top": _top,
    "detail": _detail,
}
