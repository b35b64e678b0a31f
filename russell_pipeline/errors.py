"""The family of exceptions: its kinds, and the members that are only raised and shown.

Everything that the package raises about what it was given or found is a `RussellError`. The kinds are the ones that callers
treat differently: `WrongCall`, `Refusal`, `WorkStopped` and `LakeError`. A member that carries data of one subject is defined
beside its subject, as a subclass of a kind. Faces catch the family and show its sentence; they do not catch a plain `ValueError`
of a function, which is a fault of code, unless they know whose it is.
"""

from __future__ import annotations


class RussellError(Exception):
    """Raised for anything that the package cannot do; the message is one sentence for a person: subject, place, rule, remedy."""

    @property
    def sentence(self) -> str:
        """The message on one line, as the command line shows it."""
        return str(self)


class WrongCall(RussellError, ValueError):
    """The call was wrong, whatever the lake holds: another argument, option or setting is needed. Exit code 2."""


class Refusal(RussellError):
    """What was given cannot be accepted or computed with: a document, another file, a definition, a number or a day.

    The message of a refused file follows the name of the file: `is empty`.
    """


class WorkStopped(RussellError):
    """Work does not go on: the clock cannot be right, a step failed, or a limit was passed."""


class LakeError(RussellError):
    """The lake cannot be asked or worked on as it is: its catalog, its files, its store, or another run stands in the way."""


# Wrong calls.


class UnknownIndex(WrongCall):
    """No index has this code: the lake has nothing of it, and it is none of those that are known by name."""


class StatementRefused(WrongCall):
    """A statement that is not one statement, or that does more than read."""


# Refusals.


class RefusedError(Refusal, ValueError):
    """An input of a review rule is missing or impossible."""


class NoRuleError(Refusal, LookupError):
    """No rule dates that event of that review."""


class OutsideCalendarError(Refusal, LookupError):
    """A day before the first or after the last day that the session calendar covers."""


# Work that stopped.


class StatementStopped(WorkStopped):
    """A statement that took longer, or more memory, than it may."""


# Lakes that cannot be asked or worked on.


class NoCatalog(LakeError):
    """There is no catalog to ask yet."""


class DamagedCatalog(NoCatalog):
    """The catalog is not as it was published."""


class NothingKnown(LakeError):
    """The lake has nothing on the index or the review that is asked about."""


class LakeBusy(LakeError):
    """Another run holds the lake; the message names its process and age."""


class StoreError(LakeError):
    """The store cannot be reached, refuses, or fails; the message says which store and why, and shows no credentials."""


class LeaseLost(StoreError):
    """The lock of a lake at an address expired, or another run has it by now."""
