"""Who the agent is on the sites, and the shop's administrator, whom the evaluators need.

They are no secrets: the published images of the sites come with these accounts.

Source: arXiv 2401.13649, `browser_env/env_config.py` at commit 89f5af2.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A name and its password."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """One for each site, and the shop's administrator."""

    classifieds: Account = Account("blake.sullivan@gmail.com", "Password.123")
    reddit: Account = Account("MarvelsGrantMan136", "test1234")
    shopping: Account = Account("emma.lopez@gmail.com", "Password.123")
    shop_administrator: Account = Account("admin", "admin1234")
