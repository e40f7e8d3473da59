"""The errors of the package, all of them, and the rule by which an episode is scored or not.

**What the policy did is never a fault, and what it did not do is never its score.** A fault has no
score, is played again, stays out of means and is never trained on; so a policy that could bring one
about would have a way out of every episode that goes badly. The loop (`vigorl.agent.rollout`), and
nobody else, decides by these questions, in this order:

1. Has the policy said nothing at all? A fault, whatever the reason.
2. Has somebody broken who is never in the policy's hands: the model's server, the browser process,
   a site that answers 5xx to the judge, the judge, the disk, our own program? A fault. A server
   that lets a turn run out of time is asked for one word of the same turn; where it gives that and
   not the turn, twice, the turn was endless: the policy's, and malformed.
3. Has a page broken? The policy's deed where it had gone to an address of its own before
   (`vigorl.agent.blame` says why that tells), and a fault otherwise, unless the episode succeeded
   all the same.
4. Everything else is the policy's: a page that cannot be shown (an observation), an endless script
   of a page (stopped, and told), endless waits and thoughts (the episode's seconds are those that
   the policy uses: `vigorl.browser.clock`), leaving the task, words that mean nothing.

::

    VigorlError
    ├── UsageError              the request cannot be carried out as written; says what to change
    ├── InfrastructureFault     something beside the agent broke: not scored, never trained on
    │   ├── BrowserFault        Chromium or its page
    │   │   ├── BrowserMissing  no Chromium on this machine
    │   │   ├── BrowserDied     the browser process is gone
    │   │   ├── PageCrashed     the renderer of the page is gone and could not be brought back
    │   │   └── PageHung        the page does not answer and could not be replaced
    │   ├── ScreenFault         the screen of a desktop, or what shows windows on it
    │   ├── StartFault          the page that an episode begins with does not load
    │   ├── ServiceFault        the service that keeps the environments, or the way to it
    │   ├── PolicyFault         the model's server or device
    │   ├── TaskFault           a task's site or judge
    │   │   └── LeftOut         a benchmark's protocol has no score here: its evaluator raises
    │   └── StorageFault        the disk
    ├── StoppedByPerson         whoever was asked for a yes said no, and that this is the end
    └── InconsistentData        two parts of one record contradict each other

What a model says badly is not an error but data: a turn without an action, shown back to it.
What a page does badly (a dialog, a failed navigation, a slow load) is an event of the next
observation. Only what neither can survive is raised. Any other exception is a programming mistake:
the fault of the sample that met it, recorded with its trace, and counted aloud.
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


class ScreenFault(InfrastructureFault):
    """The screen of a desktop is gone, or does not answer."""


class StartFault(InfrastructureFault):
    """The page that an episode begins with does not load; the message is Chromium's reason."""


class ServiceFault(InfrastructureFault):
    """The service that keeps the environments broke, is full, or cannot be reached."""


class PolicyFault(InfrastructureFault):
    """The model's server or device broke."""


class TaskFault(InfrastructureFault):
    """A task's site or judge broke."""


class LeftOut(TaskFault):
    """The protocol of a benchmark gives no score: its own evaluator raises on what was left behind.

    No fault by the rule above, and counted apart from them: others' numbers leave it out as well.
    """


class StorageFault(InfrastructureFault):
    """The disk refused a write."""


class StoppedByPerson(VigorlError):
    """Whoever was asked whether something may be done has ended the episode."""


class InconsistentData(VigorlError):
    """Two parts of one record contradict each other (image tokens and images, ids and mask)."""
