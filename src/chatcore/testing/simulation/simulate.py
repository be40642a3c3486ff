"""A whole cluster in one thread, on virtual time, with every interleaving and every fault drawn from one seed."""

import gc
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import anyio
import trio.testing

from chatcore.testing.simulation.askers import askers_noted
from chatcore.testing.simulation.checkers import CHECKERS
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.cluster import Cluster, Size
from chatcore.testing.simulation.code_version import code_version
from chatcore.testing.simulation.commands_made import CommandsMade
from chatcore.testing.simulation.counting import Counting
from chatcore.testing.simulation.drawn_arguments import arguments_for
from chatcore.testing.simulation.draws import Draws
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happenings import UserAsked
from chatcore.testing.simulation.jury import Jury
from chatcore.testing.simulation.own_tools import MakeArguments, MakeTools, OwnTools
from chatcore.testing.simulation.parts_shown import parts_noted
from chatcore.testing.simulation.profile import Profile, profile_named
from chatcore.testing.simulation.quiet_logs import complaints_noted
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.schedule import Schedule
from chatcore.testing.simulation.swapping import Sabotage
from chatcore.testing.simulation.trace import Trace


def simulate(
    seed: int,
    *,
    profile: str | Profile = "hostile",
    replicas: int = 3,
    chats: int = 12,
    schedule: Sequence[int] | None = None,
    faults: Collection[str] | None = None,
    deeds: Collection[str] | None = None,
    sabotage: Sabotage | None = None,
    checkers: Sequence[type[Checker]] = CHECKERS,
    tools: MakeTools | None = None,
    arguments: MakeArguments = arguments_for,
) -> Run:
    """Run a cluster for a day, let it come to rest, and see whether every invariant held.

    profile: how bad the day is, by name (`calm`, `rough`, `hostile`) or as a Profile of one's own.
    replicas: services with a worker each, over one store and one pubsub.
    chats: chats that users begin; children come on top.
    schedule: the choices of another run instead of those of the seed; where they end, tasks run in FIFO order.
    faults, deeds: only these, of those that struck or were asked in another run of the same seed.
    sabotage: a line of chatcore to break; then a violation is what is wanted.
    checkers: who watches; a fresh one of each.
    tools: makes tools to offer instead of the simulated ones, anew for each life of a replica. They must be
        deterministic, and what they act on is to be simulated. Each effect is noted as ToolActed.
    arguments: what the model asks of them, given a definition and a stream of chance; by default from its schema.

    Never raises for a violation: it is in the Run. Not for two threads at once: trio's scheduler is replaced.
    """
    chosen, draws = profile_named(profile), Draws(seed)
    order = Schedule.drawn(draws.of("schedule")) if schedule is None else Schedule.replayed(schedule)
    jury, counting, commands = Jury([make() for make in checkers]), Counting(), CommandsMade()
    trace = Trace(order, observers=(counting.see, jury.see))
    own = None if tools is None else OwnTools(make=tools, arguments=arguments)
    fate = Faults(chosen, draws, trace, only=faults)

    async def live() -> float:
        size = Size(replicas=replicas, chats=chats, deeds=deeds)
        return await Cluster(size, fate, jury=jury, commands=commands, own=own).run()

    with ExitStack() as stack:
        stack.enter_context(_no_garbage_collection())
        stack.enter_context(complaints_noted(trace))
        stack.enter_context(parts_noted(trace))
        stack.enter_context(askers_noted(trace))
        if sabotage is not None:
            stack.enter_context(sabotage.applied())
        stack.enter_context(commands.watched())
        stack.enter_context(order.installed())
        clock = trio.testing.MockClock(autojump_threshold=0)
        virtual_s = anyio.run(live, backend="trio", backend_options={"clock": clock})
    trace.observers = ()
    return Run(
        seed=seed,
        profile=chosen.name,
        code=code_version(),
        replicas=replicas,
        chats=chats,
        sabotage=None if sabotage is None else sabotage.name,
        counts=counting.counts(),
        virtual_s=virtual_s,
        schedule=order.choices,
        faults=tuple(fate.struck),
        deeds=_deeds(trace),
        violation=jury.violation,
        violated_at=jury.violated_at,
        trace=trace,
    )


def _deeds(trace: Trace) -> tuple[str, ...]:
    asked = [each.what.command_id for each in trace.noted if isinstance(each.what, UserAsked)]
    return tuple(dict.fromkeys(asked))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Garbage is collected after the run: a generator that it finds is closed whenever that happens to be."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
