"""Which pages of training the viewer's server has, and where their templates are."""

from pathlib import Path

from starlette.routing import Route

from vigorl.training.viewing.group_pages import show_group
from vigorl.training.viewing.search_pages import show_search, show_tree
from vigorl.training.viewing.study_pages import show_study
from vigorl.training.viewing.training_pages import show_training

TEMPLATES = Path(__file__).parent

ROUTES = (
    Route("/training/{place:path}", show_training, name="training"),
    Route("/group/{place:path}", show_group, name="group"),
    Route("/search/{place:path}", show_search, name="search"),
    Route("/tree/{place:path}", show_tree, name="tree"),
    Route("/study/{place:path}", show_study, name="study"),
)
"""To be handed to `viewer_application`, with TEMPLATES among the viewer's folders."""
