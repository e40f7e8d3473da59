"""All layouts: which split and which data set each of them is for."""

from collections.abc import Callable
from dataclasses import dataclass

from vigorl.tasks.world.kit import Kit
from vigorl.tasks.world.layouts import apps, dense, forms, lists, simple
from vigorl.tasks.world.look import Density
from vigorl.tasks.world.splits import Dataset, WorldSplit


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of page."""

    build: Callable[[Kit], str]
    split: WorldSplit
    dataset: Dataset
    density: Density = "normal"

    @property
    def name(self) -> str:
        """Module and function: `forms.login`."""
        return f"{self.build.__module__.rpartition('.')[2]}.{self.build.__name__}"


LAYOUTS: tuple[Layout, ...] = (
    # Pages of all kinds.
    *(
        Layout(build, "train", "screens")
        for build in (
            forms.login, forms.checkout, forms.settings, forms.booking, forms.wizard,
            forms.account, lists.table, lists.mail, lists.shop, lists.results, lists.files,
            lists.notifications, lists.kanban, lists.feed, lists.pricing, apps.dashboard,
            apps.menus, apps.dropdown, apps.writing, apps.dialog, apps.cookies, apps.article,
            apps.landing, apps.player, apps.phone, apps.docs,
        )
    ),
    Layout(forms.survey, "val", "screens"),
    Layout(lists.forum, "val", "screens"),
    Layout(apps.calculator, "val", "screens"),
    Layout(apps.profile, "val", "screens"),
    Layout(forms.sign_up, "test", "screens"),
    Layout(forms.contact, "test", "screens"),
    Layout(lists.product, "test", "screens"),
    Layout(lists.calendar, "test", "screens"),
    Layout(apps.chat, "test", "screens"),
    Layout(apps.city_map, "test", "screens"),
    Layout(apps.weather, "test", "screens"),
    # Windows of large screens.
    Layout(dense.office, "train", "small", "dense"),
    Layout(dense.coding, "train", "small", "dense"),
    Layout(dense.spreadsheet, "train", "small", "dense"),
    Layout(dense.commander, "train", "small", "dense"),
    Layout(dense.desktop, "train", "small", "dense"),
    Layout(dense.database, "val", "small", "dense"),
    Layout(dense.painting, "test", "small", "dense"),
    Layout(dense.monitor, "test", "small", "dense"),
    Layout(dense.mixer, "test", "small", "dense"),
    # A dozen words.
    Layout(simple.scatter, "train", "simple"),
    Layout(simple.rows, "train", "simple"),
    Layout(simple.column, "train", "simple"),
    Layout(simple.buttons, "train", "simple"),
    Layout(simple.cards, "val", "simple"),
    Layout(simple.pairs, "test", "simple"),
    Layout(simple.ring, "test", "simple"),
)  # fmt: skip


def layouts_of(split: WorldSplit, dataset: Dataset) -> tuple[Layout, ...]:
    """The layouts that a split of a data set may draw from."""
    return tuple(item for item in LAYOUTS if (item.split, item.dataset) == (split, dataset))
