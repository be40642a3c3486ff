"""Failing runs as small files, for a test suite to run again and again: one JSON object that a person can read.

A file of a run without a sabotage was a bug once, and must hold now. One with a sabotage shows that the checkers still
see, and must break its invariant as it did; it depends on the code, so keep those that need few faults and no schedule.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from cattrs import Converter
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonValue
from chatcore.testing.simulation.code_version import code_version
from chatcore.testing.simulation.profile import PROFILES, UnknownProfile, profile_named
from chatcore.testing.simulation.recipe import Recipe, sabotage_named, watching_for
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.schedule import CHOICE_MAX
from chatcore.testing.simulation.shrinking import Shrunk

FORMAT: Final = 1
"""Of the files; another number is of another version of chatcore."""

_READING: Final = Converter(forbid_extra_keys=True)
_STRETCH: Final = re.compile(r"(?:(?P<times>[1-9]\d{0,6})x)?(?P<choice>\d{1,3})")


@frozen(kw_only=True)
class Bug:
    """A run that broke an invariant when it was found."""

    recipe: Recipe
    invariant: str
    text: str
    """What was said of it when it was found."""
    code: str
    """The code that it was found with."""

    @classmethod
    def of(cls, shrunk: Shrunk) -> "Bug":
        """What a shrunk run shows, with the code of this process."""
        violation = shrunk.violation
        return cls(recipe=shrunk.recipe, invariant=violation.invariant, text=str(violation), code=code_version())

    def replay(self, *, sabotaged: bool = True) -> Run:
        """Run it with the code of this process, watched by the checkers of its invariant.

        sabotaged: False leaves its sabotage out, if it has one; then nothing must break. Raises: UnknownSabotage.
        """
        recipe = self.recipe if sabotaged else evolve(self.recipe, sabotage=None)
        return recipe.run(watching_for(self.invariant))

    def broken_by(self, run: Run) -> bool:
        """Whether a run broke the invariant of this bug."""
        return run.violation is not None and run.violation.invariant == self.invariant


class BadBugFile(ChatcoreError):
    """The file is not one that `save` wrote, or of another version of chatcore."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} holds no run that can be replayed: {why}")
        self.path = path
        self.why = why


class NotSavable(ChatcoreError):
    """A profile of one's own cannot be told by its name, and a file holds nothing else of it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the profile {name!r} is none of chatcore's; only runs of {', '.join(PROFILES)} can be saved")
        self.name = name


@frozen(kw_only=True)
class _Filed:
    """The keys of a file, in their order. The three about users are None where they are those of the profile."""

    format: int
    invariant: str
    found: str
    code: str
    sabotage: str | None
    seed: int
    profile: str
    replicas: int
    chats: int
    users_per_owner: int | None = None
    viewers_per_owner: int | None = None
    deeds_per_user: int | None = None
    faults: tuple[str, ...] | None = None
    deeds: tuple[str, ...] | None = None
    schedule: str | None = None
    """As `schedule_text` writes it; None for the one of the seed."""


def save(bug: Bug, folder: Path) -> Path:
    """Write it into a folder, which is made if it is missing; a file of the same name is replaced.

    The name says the invariant, the sabotage if there is one, and the seed. Raises: NotSavable; OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = "_by_".join((bug.invariant, *([bug.recipe.sabotage] if bug.recipe.sabotage is not None else [])))
    path = folder / f"{told}_{bug.recipe.seed}.json"
    path.write_text(f"{json.dumps(bug_json(bug), indent=2, ensure_ascii=False)}\n", encoding="utf-8")
    return path


def load(path: Path) -> Bug:
    """Read a file that `save` wrote. Raises: BadBugFile, UnknownSabotage; OSError."""
    try:
        held: object = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(held, dict):
            raise ValueError("it is no JSON object")
        bug = _bug(_READING.structure(held, _Filed))
    except (ValueError, TypeError, KeyError, BaseValidationError, ForbiddenExtraKeysError, UnknownProfile) as error:
        raise BadBugFile(path, _told(error)) from error
    if bug.recipe.sabotage is not None:
        sabotage_named(bug.recipe.sabotage)
    return bug


def saved(folder: Path) -> Iterator[Path]:
    """The files of a folder, by name."""
    return iter(sorted(folder.glob("*.json")))


def bug_json(bug: Bug) -> dict[str, JsonValue]:
    """What a file holds. Raises: NotSavable."""
    recipe, profile = bug.recipe, bug.recipe.profile
    base = PROFILES.get(profile.name)
    if base is None or base != evolve(
        profile,
        users_per_owner=base.users_per_owner,
        viewers_per_owner=base.viewers_per_owner,
        deeds=base.deeds,
    ):
        raise NotSavable(profile.name)
    sizes = {
        "users_per_owner": (profile.users_per_owner, base.users_per_owner),
        "viewers_per_owner": (profile.viewers_per_owner, base.viewers_per_owner),
        "deeds_per_user": (profile.deeds, base.deeds),
    }
    differing = {name: size for name, (size, usual) in sizes.items() if size != usual}
    return {
        "format": FORMAT,
        "invariant": bug.invariant,
        "found": bug.text,
        "code": bug.code,
        "sabotage": recipe.sabotage,
        "seed": recipe.seed,
        "profile": profile.name,
        "replicas": recipe.replicas,
        "chats": recipe.chats,
        **differing,
        "faults": None if recipe.faults is None else list(recipe.faults),
        "deeds": None if recipe.deeds is None else list(recipe.deeds),
        "schedule": None if recipe.schedule is None else schedule_text(recipe.schedule),
    }


def schedule_text(choices: bytes) -> str:
    """Choices for people: `40x0 2 3x1` are forty times 0, then 2, then three times 1; an empty text is FIFO."""
    words: list[str] = []
    start = 0
    for place in range(1, len(choices) + 1):
        if place == len(choices) or choices[place] != choices[start]:
            times = place - start
            words.append(f"{times}x{choices[start]}" if times > 1 else str(choices[start]))
            start = place
    return " ".join(words)


def schedule_of(text: str) -> bytes:
    """The choices that a text of `schedule_text` tells. Raises: ValueError."""
    choices = bytearray()
    for word in text.split():
        stretch = _STRETCH.fullmatch(word)
        if stretch is None or int(stretch["choice"]) > CHOICE_MAX:
            raise ValueError(f"{word!r} is no choice, and no number of choices such as 3x1")
        choices += bytes([int(stretch["choice"])]) * int(stretch["times"] or 1)
    return bytes(choices)


def _bug(filed: _Filed) -> Bug:
    if filed.format != FORMAT:
        raise ValueError(f"its format is {filed.format}, and this chatcore reads {FORMAT}")
    base = profile_named(filed.profile)
    profile = evolve(
        base,
        users_per_owner=base.users_per_owner if filed.users_per_owner is None else filed.users_per_owner,
        viewers_per_owner=base.viewers_per_owner if filed.viewers_per_owner is None else filed.viewers_per_owner,
        deeds=base.deeds if filed.deeds_per_user is None else filed.deeds_per_user,
    )
    recipe = Recipe(
        seed=filed.seed,
        profile=profile,
        replicas=filed.replicas,
        chats=filed.chats,
        schedule=None if filed.schedule is None else schedule_of(filed.schedule),
        faults=filed.faults,
        deeds=filed.deeds,
        sabotage=filed.sabotage,
    )
    return Bug(recipe=recipe, invariant=filed.invariant, text=filed.found, code=filed.code)


def _told(error: BaseException) -> str:
    """The innermost errors of what cattrs raises in groups."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_told, error.exceptions))
    return f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error)
