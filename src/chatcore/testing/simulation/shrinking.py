"""Making a failing run small enough to be read: what is not needed for the violation is left out, bit by bit."""

from collections.abc import Callable
from typing import Final, TypeAlias

from attrs import evolve, frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.testing.simulation.checking import Violation
from chatcore.testing.simulation.fewer import fewer, simpler, smallest
from chatcore.testing.simulation.recipe import Recipe, watching_for
from chatcore.testing.simulation.run import Run

RUNS_MAX: Final = 1_000
"""How often shrinking runs the simulation, unless told otherwise; most of these runs are small and short."""

HAPPENINGS_MAX: Final = 500
"""A run with more of them is too large to be read, and a small run of another seed is looked for."""

_SHARE: Final = 0.4
"""Of the budget, for making the run itself smaller; and as much for looking for another."""
_SHARE_OF_ONE: Final = 0.25
"""Of what is left, for leaving out one kind of things: what resists does not take it all."""


@frozen(kw_only=True)
class Shrunk:
    """A run that still breaks the invariant, and from which nothing more could be left out within the budget."""

    recipe: Recipe
    run: Run
    violation: Violation
    runs: int
    """How many runs it took."""


class NothingToShrink(ChatcoreError):
    """The run breaks no invariant, or another one than was asked about."""

    def __init__(self, run: Run, invariant: str | None) -> None:
        wanted = "no invariant" if invariant is None else f"{invariant}, which was asked about, not"
        super().__init__(f"the run breaks {wanted}: {run}")
        self.run = run


_Key: TypeAlias = tuple[object, ...]

Progress = Callable[[int, Run], None]
"""Called after each run that was tried, with their number and the smallest run so far."""


def shrink(
    recipe: Recipe, *, invariant: str | None = None, runs_max: int = RUNS_MAX, progress: Progress = lambda *_: None
) -> Shrunk:
    """A small run that breaks the same invariant: fewer replicas, chats, users, faults and deeds, a simpler schedule.

    invariant: the one to keep broken; by default the one that the run breaks first.
    runs_max: the budget; a run takes about a third of a second at first, and less and less.

    Some violations need everything to come together in time, and whatever is left out prevents them. If the run stays
    larger than HAPPENINGS_MAX, small clusters of other seeds are tried for the same invariant, and the one that breaks
    it is made smaller instead. Then the seed is another one, and the cause may be.

    The same recipe is shrunk to the same run every time, by the same code. Raises: NothingToShrink.
    """
    run = recipe.run()
    if invariant is None and run.violation is not None:
        invariant = run.violation.invariant
    if invariant is None:
        raise NothingToShrink(run, None)
    counted = _Counted(runs_max, progress)
    first = _Shrinking(recipe, invariant, counted)
    first.begin(run)
    first.go_on(until=runs_max * (1 - _SHARE))
    if len(first.run.trace.noted) <= HAPPENINGS_MAX:
        return first.result(until=0)
    other = _other(recipe, invariant, counted, until=runs_max * (1 - 2 * _SHARE))
    if other is None:
        return first.result(until=0)
    second = _Shrinking(other, invariant, counted)
    second.begin(other.run(watching_for(invariant)))
    return second.result(until=0)


class _Counted:
    """The budget of runs."""

    def __init__(self, runs_max: int, progress: Progress) -> None:
        self.left = runs_max
        self.done = 0
        self._progress = progress
        self.smallest: Run | None = None

    def breaks(self, recipe: Recipe, invariant: str) -> Run | None:
        """Run it; the run, if it breaks the invariant."""
        self.left -= 1
        self.done += 1
        run = recipe.run(watching_for(invariant))
        failed = run.violation is not None and run.violation.invariant == invariant
        if failed:
            self.smallest = run
        if self.smallest is not None:
            self._progress(self.done, self.smallest)
        return run if failed else None


def _other(recipe: Recipe, invariant: str, counted: _Counted, *, until: float) -> Recipe | None:
    """A small cluster of another seed that breaks the invariant, the smallest kind first; None if there is none."""
    each = int((counted.left - until) // len(_SMALL))
    for replicas, chats, users, viewers, deeds in _SMALL:
        profile = evolve(recipe.profile, users_per_owner=users, viewers_per_owner=viewers, deeds=deeds)
        for seed in range(recipe.seed + 1, recipe.seed + 1 + each):
            tried = Recipe(seed=seed, profile=profile, replicas=replicas, chats=chats, sabotage=recipe.sabotage)
            if counted.breaks(tried, invariant) is not None:
                return tried
    return None


_SMALL: Final = ((1, 1, 1, 0, 6), (1, 2, 1, 0, 10), (2, 2, 1, 0, 10), (2, 2, 1, 1, 12))
"""Replicas, chats, users and viewers of each owner, and deeds of each user."""


@frozen(kw_only=True)
class _Size:
    """A number of a recipe that may be smaller."""

    read: Callable[[Recipe], int]
    made: Callable[[Recipe, int], Recipe]
    low: int


_REPLICAS: Final = _Size(
    read=lambda recipe: recipe.replicas, made=lambda recipe, count: evolve(recipe, replicas=count), low=1
)
_CHATS: Final = _Size(read=lambda recipe: recipe.chats, made=lambda recipe, count: evolve(recipe, chats=count), low=1)
_VIEWERS: Final = _Size(
    read=lambda recipe: recipe.profile.viewers_per_owner,
    made=lambda recipe, count: evolve(recipe, profile=evolve(recipe.profile, viewers_per_owner=count)),
    low=0,
)
_USERS: Final = _Size(
    read=lambda recipe: recipe.profile.users_per_owner,
    made=lambda recipe, count: evolve(recipe, profile=evolve(recipe.profile, users_per_owner=count)),
    low=1,
)


class _Shrinking:
    """The smallest run so far, and ways to a smaller one."""

    def __init__(self, recipe: Recipe, invariant: str, counted: _Counted) -> None:
        self._recipe = recipe
        self._invariant = invariant
        self._counted = counted
        self._tried: dict[_Key, bool] = {}
        self._until = 0.0
        self._run: Run | None = None

    def begin(self, run: Run) -> None:
        """See it fail; `run` is how it went with other checkers. Raises: NothingToShrink."""
        if not self._fails(self._recipe):
            raise NothingToShrink(run, self._invariant)

    def go_on(self, *, until: float) -> None:
        """Make it smaller until nothing more can be left out, or so many runs are left."""
        while self._round(until):
            pass

    def result(self, *, until: float) -> Shrunk:
        """What is left in the end."""
        self.go_on(until=until)
        run = self.run
        assert run.violation is not None, "only failing runs are kept"
        return Shrunk(recipe=self._recipe, run=run, violation=run.violation, runs=self._counted.done)

    @property
    def run(self) -> Run:
        """The smallest one so far."""
        assert self._run is not None, "it was seen to fail"
        return self._run

    def _round(self, until: float) -> bool:
        """Try everything once. Whether it made anything smaller, and more may be possible."""
        before = self._recipe
        for shrink_one in (self._sizes, self._fifo, self._crowd, self._deeds, self._faults, self._crowd):
            self._until = max(until, self._counted.left * (1 - _SHARE_OF_ONE))
            shrink_one()
        self._until = until
        self._schedule()
        return self._recipe != before and self._counted.left > until

    def _fails(self, recipe: Recipe) -> bool:
        """Whether it breaks the same invariant; if it does it is the smallest run so far."""
        key = _key(recipe)
        if key in self._tried or self._counted.left <= self._until:
            return self._tried.get(key, False)
        run = self._counted.breaks(recipe, self._invariant)
        self._tried[key] = run is not None
        if run is not None:
            self._recipe, self._run = recipe, run
        return run is not None

    def _sizes(self) -> None:
        self._size(_REPLICAS)
        self._size(_CHATS)

    def _size(self, size: "_Size") -> None:
        smallest(size.read(self._recipe), lambda count: self._fails(size.made(self._recipe, count)), low=size.low)

    def _crowd(self) -> None:
        """Viewers, devices, and how long their days are."""
        self._size(_VIEWERS)
        self._size(_USERS)
        numbers = [int(deed.rpartition("#")[2]) for deed in self.run.deeds]
        days = max(numbers, default=1)
        if days < self._recipe.profile.deeds:
            self._fails(evolve(self._recipe, profile=evolve(self._recipe.profile, deeds=days)))

    def _fifo(self) -> None:
        if self._recipe.schedule != b"":
            self._fails(evolve(self._recipe, schedule=b""))

    def _faults(self) -> None:
        struck = self.run.faults
        if self._recipe.faults is None or len(struck) < len(self._recipe.faults):
            self._fails(evolve(self._recipe, faults=struck))
        if self._recipe.faults:
            fewer(self._recipe.faults, lambda some: self._fails(evolve(self._recipe, faults=tuple(some))))

    def _deeds(self) -> None:
        done = self.run.deeds
        if self._recipe.deeds is None or len(done) < len(self._recipe.deeds):
            self._fails(evolve(self._recipe, deeds=done))
        if self._recipe.deeds:
            fewer(self._recipe.deeds, lambda some: self._fails(evolve(self._recipe, deeds=tuple(some))))

    def _schedule(self) -> None:
        """What is left of the choices, where FIFO would not do: fewer, then fewer that are not FIFO's, then smaller."""
        if self._recipe.schedule == b"" or not self._fails(evolve(self._recipe, schedule=self.run.schedule)):
            return
        simpler(self._recipe.schedule or b"", lambda choices: self._fails(evolve(self._recipe, schedule=choices)))


def _key(recipe: Recipe) -> _Key:
    """What may differ between the runs that are tried. A profile has no hash."""
    profile = recipe.profile
    sizes = (recipe.replicas, recipe.chats, profile.viewers_per_owner, profile.users_per_owner, profile.deeds)
    return (sizes, recipe.schedule, recipe.faults, recipe.deeds)
