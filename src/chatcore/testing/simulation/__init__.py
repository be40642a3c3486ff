"""A whole cluster of chatcore, simulated: the real application code, in one thread, on virtual time, from one seed.

    run = simulate(7, profile="hostile", replicas=3)
    print(run)                      # seed, profile and code, what happened, and what was violated, if anything
    print(run.story())              # one line for each happening around the chat that shows it

**Simulated** are what passes a port: the store's and the pubsub's troubles, the model, the tools, wall clocks, ids;
and users, viewers, and the lives of replicas. **Real** is everything else: service, worker, runner, views, the memory
store. Time is trio's mock clock; the order of tasks is a `Schedule`; chance is `Draws`, a stream for each purpose.
Equal (seed, profile, code) give equal digests in any process, under any hash seed. What a simulation must not use: the
wall clock, `hash()`, the order of sets, `uuid4`, the global random source, threads.

**A run again, or less of it**: `schedule=run.schedule` replays the order of tasks, a shorter list ends in FIFO order;
`faults=` and `deeds=` let through only those strikes and requests that are named, of `run.faults` and `run.deeds`. What
is left out shifts nothing else.

**Tools of your own**: `tools=make` offers what `make()` returns instead of the simulated tools; it is called for each
life of a replica. Their calls are drawn from their schemas, or by `arguments=`; effects are `ToolActed`, with `args`.

**A fault** is a member of `Fault`, which says what its rate counts; where it can strike, `faults.strikes(fault, place)`
is asked, and the harm is done. Give it a rate in `profile.py`.

**A checker** is a class in a file of its own under `checkers/`, listed in `CHECKERS` there:

    class FencedAppends(Checker):
        name: ClassVar = "fenced_appends"
        sentence: ClassVar = "Whatever a worker appends, it is the runner of the log's newest `acquired`."

        def see(self, noted: Noted) -> None:        # at once, for everything that happens, in order
            match noted.what:
                case Committed(actor=actor, landed=landed): ...
        def at_rest(self, world: World) -> None: ...  # once, when everything has come to rest

It raises `self.fail(text, chat_id)`; a fresh one watches each run. `noted.what` is one of the classes of `happenings`:
`Committed` (an append: its actor, and of each log the heads, the stored events, and the commands with the states that
they led between), `HeadSeen` (what a runner knows), `JournalAsked`, `JournalWritten`, `PartPublished`, `PageRead`,
`OwnerRead` (what an owner was given), `Hinted`, `Dialled`, `ModelAsked`, `ModelAnswered`, `ToolActed`, `UserAsked`,
`UserAnswered`, `ViewChanged`, `ViewerRead`, `ReplicaChanged`, `FaultStruck`, `Complained`, `PhaseBegan`. `see` is
called from inside production code: it neither waits nor calls it. `checker_stage.Story` makes small stories to try a
checker on. What the cluster itself notices (invariant 6, tasks that are left over, loops that spin) is in
`checking.OF_THE_CLUSTER`.

**A sabotage** is a `Sabotage`: the attribute to swap, what to swap it for, and the checker that must notice. Run it as
`simulate(seed, sabotage=it, checkers=[TheChecker])`: with all checkers another one may be faster.
"""

from chatcore.testing.simulation.checkers import CHECKERS
from chatcore.testing.simulation.checking import ChatAtRest, Checker, ViewerAtRest, Violation, World
from chatcore.testing.simulation.counting import Counts
from chatcore.testing.simulation.drawn_arguments import arguments_for
from chatcore.testing.simulation.draws import Draws, Span
from chatcore.testing.simulation.own_tools import MakeArguments, MakeTools
from chatcore.testing.simulation.profile import PROFILES, Fault, Profile, UnknownProfile
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.schedule import Schedule
from chatcore.testing.simulation.simulate import simulate
from chatcore.testing.simulation.swapping import Sabotage, swapped
from chatcore.testing.simulation.trace import Noted, Trace

__all__ = [
    "CHECKERS",
    "PROFILES",
    "ChatAtRest",
    "Checker",
    "Counts",
    "Draws",
    "Fault",
    "MakeArguments",
    "MakeTools",
    "Noted",
    "Profile",
    "Run",
    "Sabotage",
    "Schedule",
    "Span",
    "Trace",
    "UnknownProfile",
    "ViewerAtRest",
    "Violation",
    "World",
    "arguments_for",
    "simulate",
    "swapped",
]
