"""The errors of the package, all of them.

::

    VigorlError
    ├── UsageError              the request cannot be carried out as written; says what to change
    ├── InfrastructureFault     something beside the agent broke: not scored, never trained on
    │   ├── BrowserFault        Chromium or its page
    │   │   ├── BrowserMissing  no Chromium on this machine
    │   │   ├── BrowserDied     the browser process is gone
    │   │   ├── PageCrashed     the renderer of the page is gone and could not be brought back
    │   │   └── PageHung        the page does not answer and could not be replaced
    │   ├── StartFault          the page that an episode begins with does not load
    │   ├── PolicyFault         the model's server or device
    │   ├── TaskFault           a task's site or judge
    │   └── StorageFault        the disk
    ├── StoppedByPerson         whoever was asked for a yes said no, and that this is the end
    └── InconsistentData        two parts of one record contradict each other

What a model says badly is not an error but data: a turn without an action, shown back to it.
What a page does badly (a dialog, a failed navigation, a slow load) is an event of the next
observation. Only what neither can survive is raised.
"""


class VigorlError(Exception):
    """Root of the tree."""


class UsageError(VigorlError):
    """The request cannot be carried out as written; the message says what to change."""


class InfrastructureFault(VigorlError):
    """Something beside the agent broke. The episode has no score and is never trained on."""


class BrowserFault(InfrastructureFault):
    """Chromium or its page broke."""


class BrowserMissing(BrowserFault):
    """There is no Chromium on this machine; the message lists how to get one."""


class BrowserDied(BrowserFault):
    """The browser process is gone."""


class PageCrashed(BrowserFault):
    """The renderer of the page is gone and could not be brought back."""


class PageHung(BrowserFault):
    """The page does not answer and could not be replaced."""


class StartFault(InfrastructureFault):
    """The page that an episode begins with does not load; the message is Chromium's reason."""


class PolicyFault(InfrastructureFault):
    """The model's server or device broke."""


class TaskFault(InfrastructureFault):
    """A task's site or judge broke."""


class StorageFault(InfrastructureFault):
    """The disk refused a write."""


class StoppedByPerson(VigorlError):
    """Whoever was asked whether something may be done has ended the episode."""


class InconsistentData(VigorlError):
    """Two parts of one record contradict each other (image tokens and images, ids and mask)."""
