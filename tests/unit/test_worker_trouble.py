"""A store in trouble, tools that misbehave, readers that do not read: the chat goes on (issue 3, "Bad input")."""

import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import anyio
import pytest
import trio.testing

import chatcore
from chatcore.adapters.scripted import Call, Pause, ScriptedModel, latest_results
from chatcore.adapters.sqlite import SqliteStore
from chatcore.app.settings import ServiceSettings
from chatcore.app.view import CursorAhead, ViewerLagged
from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat.events import MessageAdded, TurnFinished
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Role
from chatcore.domain.content.tool_results import ToolFailed, ToolText
from chatcore.domain.limits import TOOL_ERROR_BYTES_MAX, TOOL_TEXT_BYTES_MAX
from chatcore.ports.store_errors import StoreFull, StoreReadOnly, StoreUnavailable
from chatcore.testing.deeds import Deeds, results, spoken
from chatcore.testing.gated_store import Hook, StoreCall
from chatcore.testing.replicas import Replicas

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def failing(times: int, error: Exception, *, roles: frozenset[Role]) -> Hook:
    """Fails the first appends of messages of these roles."""
    left = times

    async def hook(call: StoreCall) -> None:
        nonlocal left
        if left and any(isinstance(event, MessageAdded) and event.role in roles for event in call.events):
            left -= 1
            raise error

    return hook


async def nothing(_: StoreCall) -> None:
    """No trouble."""


WORKERS = frozenset({Role.ASSISTANT, Role.TOOL})


@pytest.mark.spec("2.9", "architecture-6")
@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("roles", [{Role.ASSISTANT}, {Role.TOOL}, WORKERS])
async def test_a_store_that_fails_never_runs_a_tool_twice(landed: bool, roles: set[Role]) -> None:
    """Its commits fail, before or after they landed, the answer's or the results': one run, one result, one answer."""
    replicas, deeds = Replicas(), Deeds()
    trouble = failing(3, StoreUnavailable("out of reach"), roles=frozenset(roles))
    model = ScriptedModel(lambda request: ["Built."] if latest_results(request) else ["I build.", Call("build")])
    async with replicas.open(model, tools=[deeds.tool("build")]) as replica:
        if landed:
            replica.store.after = trouble
        else:
            replica.store.before = trouble
        chat = await replica.chats.create("Build it.", owner="ada")
        head = await chat.rest()

        assert Status.WAITING is head.status
        assert ["user: Build it.", "assistant: I build.", "assistant: Built."] == await spoken(chat)
        assert (1, [False]) == (len(deeds.begun), [result.is_error for result in await results(chat)])
        assert [] == await replicas.faults()


@pytest.mark.spec("2.9", "architecture-6")
async def test_results_that_landed_unseen_are_never_made_again() -> None:
    """The answer to their append is lost, and then the look at the chat fails: found by the simulator, seed 86."""
    replicas, deeds = Replicas(), Deeds()
    lost, reads = failing(1, StoreUnavailable("out of reach"), roles=frozenset({Role.TOOL})), 0

    async def second_look_fails(call: StoreCall) -> None:
        nonlocal reads
        if call.name == "head" and any(MessageAdded in map(type, each.events) for each in replica.store.appended[1:]):
            reads += 1
            if reads == 2:
                raise StoreUnavailable("out of reach again")

    model = ScriptedModel(lambda request: ["Built."] if latest_results(request) else ["I build.", Call("build")])
    async with replicas.open(worker=False) as front, replicas.open(model, tools=[deeds.tool("build")]) as replica:
        replica.store.after, replica.store.before = lost, second_look_fails
        chat = await front.chats.create("Build it.", owner="ada")
        await chat.rest()

        assert ["user: Build it.", "assistant: I build.", "assistant: Built."] == await spoken(chat)
        assert (1, [False]) == (len(deeds.begun), [result.is_error for result in await results(chat)])
        assert [] == await replicas.faults()


@pytest.mark.spec("2.9")
async def test_a_store_that_cannot_be_read_is_outwaited() -> None:
    """Every read of the worker fails for a while: the turn is late, not failed, and no tool runs twice."""
    replicas, deeds = Replicas(), Deeds()

    async def no_reads(call: StoreCall) -> None:
        if call.name not in ("append", "heartbeat") and anyio.current_time() < 100:
            raise StoreUnavailable("out of reach")

    model = ScriptedModel([[Call("build")], ["Built."]])
    async with replicas.open(worker=False) as front, replicas.open(model, tools=[deeds.tool("build")]) as replica:
        chat = await replica.chats.create("Build it.", owner="ada")
        replica.store.before = no_reads
        head = await front.chats.chat(chat.id, owner="ada").rest()

        assert (Status.WAITING, 1) == (head.status, len(deeds.begun))
        assert 100 <= anyio.current_time() < 200
        assert "assistant: Built." == (await spoken(front.chats.chat(chat.id, owner="ada")))[-1]


@pytest.mark.spec("2.9", "4.5")
async def test_an_answer_that_landed_unseen_is_not_stored_again_by_an_interrupt() -> None:
    """The store broke off after it had stored the end of a turn; the next one is interrupted: nothing is said twice."""
    replicas = Replicas()
    model = ScriptedModel([[Pause(5), "First."], [Pause(500)]])
    async with replicas.open(worker=False) as front, replicas.open(model) as replica:
        chat = front.chats.chat((await replica.chats.create("one", owner="ada")).id, owner="ada")
        await chat.send("two")

        async def break_off(call: StoreCall) -> None:
            if call.appends(TurnFinished):
                replica.store.after = nothing
                await chat.interrupt()
                raise StoreUnavailable("out of reach")

        replica.store.after = break_off
        await chat.rest()

        assert ["user: one", "assistant: First.", "user: two"] == await spoken(chat)
        assert [] == await replicas.faults()


@pytest.mark.spec("4.11.2")
async def test_a_commit_that_fails_for_good_fails_the_turn_with_its_cause() -> None:
    """The answer cannot be stored, and asking again does not help: the error says why."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([["Hello."], ["Better."]])) as replica:
        cause = StoreReadOnly("the file takes no writes")
        replica.store.before = failing(1, cause, roles=frozenset({Role.ASSISTANT}))
        chat = await replica.chats.create("Hello", owner="ada")
        head = await chat.rest()

        assert Status.ERROR is head.status
        assert head.last_error is not None
        assert "the file takes no writes" in str(head.last_error.detail)
        assert "Better." == await chat.ask("And now?")
        assert [] == await replicas.faults()


@pytest.mark.parametrize("landed", [False, True])
async def test_a_command_that_meets_trouble_can_be_sent_again(landed: bool) -> None:
    """With the same command id it is carried out once, whether or not the first try had landed."""
    replicas = Replicas()
    model = ScriptedModel([["Hello."], ["Again."]])
    async with replicas.open(model) as replica:
        chat = await replica.chats.create("Hello", owner="ada")
        await chat.rest()
        trouble = failing(1, StoreUnavailable("out of reach"), roles=frozenset({Role.USER}))
        if landed:
            replica.store.after = trouble
        else:
            replica.store.before = trouble
        with pytest.raises(StoreUnavailable):
            await chat.send("more", command_id="c1")
        await chat.send("more", command_id="c1")
        await chat.rest()

        assert ["user: Hello", "assistant: Hello.", "user: more", "assistant: Again."] == await spoken(chat)


class Unspeakable(Exception):
    """An error that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


async def crashes() -> object:
    """An exception."""
    raise ValueError("it broke")


async def says_nothing() -> object:
    """An exception without words."""
    raise Unspeakable


async def exits() -> object:
    """A tool that wants to end the process."""
    raise SystemExit(3)


async def breaks_in_groups() -> object:
    """Several exceptions at once."""
    raise ExceptionGroup("both", [ValueError("one"), ValueError("two")])


async def floods() -> object:
    """More than a result may hold."""
    return ToolText(text="x" * (TOOL_TEXT_BYTES_MAX + 1))


async def wails() -> object:
    """An error of enormous length."""
    return ToolFailed(error="x" * (10 * TOOL_ERROR_BYTES_MAX))


async def returns_a_number() -> object:
    """No outcome at all."""
    return 42


async def returns_text_of_no_kind() -> object:
    """An outcome with the wrong thing in it."""
    return ToolText(text=b"bytes")  # type: ignore[arg-type]  # a tool may do what its types forbid


async def takes_too_deep() -> object:
    """Recursion without end."""
    return await takes_too_deep()


@pytest.mark.spec("4.4")
@pytest.mark.parametrize(
    ("work", "told"),
    [
        (crashes, "it broke"),
        (says_nothing, "Unspeakable"),
        (exits, "3"),
        (breaks_in_groups, "both"),
        (floods, "ask for less"),
        (wails, "xxx"),
        (returns_a_number, "int"),
        (returns_text_of_no_kind, "ToolText"),
        (takes_too_deep, "recursion"),
    ],
)
async def test_whatever_a_tool_does_is_an_error_result(work: Callable[[], Awaitable[object]], told: str) -> None:
    """Beside it another tool of the step answers as ever, the turn goes on, and the chat is usable."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel([[Call("bad"), Call("good")], ["I see."], ["Yes."]])
    async with replicas.open(model, tools=[deeds.tool("bad", work=work), deeds.tool("good")]) as replica:
        chat = await replica.chats.create("Try.", owner="ada")
        head = await chat.rest()
        bad, good = await results(chat)

        assert (Status.WAITING, True, False) == (head.status, bad.is_error, good.is_error)
        assert told in str(bad.result)
        assert len(str(bad.result)) < 2 * TOOL_ERROR_BYTES_MAX
        assert "Yes." == await chat.ask("Still there?")
        assert [] == await replicas.faults()


@pytest.mark.spec("4.4")
async def test_half_a_character_in_a_result_does_not_break_the_turn() -> None:
    """No store could write it; it is stored as a question mark."""
    replicas, deeds = Replicas(), Deeds()

    async def half() -> object:
        return ToolText(text='"\ud800"')

    async with replicas.open(ScriptedModel([[Call("half")], ["I see."]]), tools=[deeds.tool("half", work=half)]) as r:
        chat = await r.chats.create("Try.", owner="ada")
        head = await chat.rest()

        assert (Status.WAITING, ['"?"']) == (head.status, [result.result for result in await results(chat)])


async def test_a_tool_that_hangs_is_interrupted() -> None:
    """The interrupt cancels it; its call is answered, and the next message finds a chat that works."""
    replicas, deeds = Replicas(), Deeds()
    model = ScriptedModel([[Call("hang")], ["Here."]])
    async with replicas.open(model, tools=[deeds.tool("hang", work=anyio.sleep_forever)]) as replica:
        chat = await replica.chats.create("Hang.", owner="ada")
        await anyio.sleep(5)
        await chat.interrupt()
        head = await chat.rest()

        assert (Status.WAITING, [True]) == (head.status, [result.is_error for result in await results(chat)])
        assert "Here." == await chat.ask("Hello?")


async def test_a_disk_that_is_full_for_a_while_delays_the_turn() -> None:
    """Nothing can be written in mid-turn; when there is room again the turn goes on as if nothing had been."""
    replicas, deeds = Replicas(), Deeds()

    async def full(call: StoreCall) -> None:
        if call.name in ("append", "journal_write", "heartbeat") and 5 < anyio.current_time() < 200:
            raise StoreFull("no room is left; free space, then try again")

    model = ScriptedModel([["I build ", Pause(10), "it.", Call("build")], ["Built."], ["Yes."]])
    async with replicas.open(model, tools=[deeds.tool("build")]) as replica:
        replica.store.before = full
        chat = await replica.chats.create("Build it.", owner="ada")
        await anyio.sleep(20)
        with pytest.raises(StoreFull):
            await chat.send("And?")
        await chat.rest()

        assert (1, "Yes.") == (len(deeds.begun), await chat.ask("Still there?"))
        assert ["user: Build it.", "assistant: I build it.", "assistant: Built."] == (await spoken(chat))[:3]
        assert [] == await replicas.faults()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_real_file_that_may_not_grow(tmp_path: Path, anyio_backend: str) -> None:
    """SQLite says that the disk is full in mid-turn; with room again the chat answers."""
    url = f"sqlite:///{tmp_path}/chats.db"
    model = ScriptedModel([["x" * 100_000], ["Short."]])
    async with chatcore.open(url, model=model) as chats:
        store = chats.store
        assert isinstance(store, SqliteStore)
        limit_pages(store, 60)
        chat = await chats.create("Say much.", owner="ada")
        await anyio.sleep(0.5)
        assert Status.RUNNING is (await chat.head()).status
        limit_pages(store, 1_000_000)
        with anyio.fail_after(20):
            await chat.rest()
            assert "Short." == await chat.ask("And now?")
        assert ["user", "assistant"] * 2 == [message.role for message in await chat.transcript()]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_workspace_folder_that_vanishes(tmp_path: Path, anyio_backend: str) -> None:
    """Its tools answer with errors, and the chat goes on."""
    folder = tmp_path / "work"
    folder.mkdir()
    calls = [
        Call("read_file", {"path": f"{folder}/a"}),
        Call("execute", {"command": "pwd", "workdir": str(folder)}),
        Call("edit_files", {"files": [{"path": f"{folder}/a", "edits": [{"search": "a", "replace": "b"}]}]}),
    ]
    async with chatcore.open(model=ScriptedModel([calls, ["It is gone."]]), workspace=folder) as chats:
        shutil.rmtree(folder)
        chat = await chats.create("Look.", owner="ada")
        with anyio.fail_after(20):
            head = await chat.rest()
        answers = [str(result.result) for result in await results(chat)]

        assert (Status.WAITING, 3) == (head.status, len(answers))
        assert all("error" in answer for answer in answers)
        assert "It is gone." == await chat.answer()


@pytest.mark.spec("6.6.6", "6.4")
async def test_a_viewer_that_never_reads_is_cut_off_and_told() -> None:
    """It holds up neither the worker nor other viewers, and can go on where it was."""
    replicas = Replicas()
    settings = ServiceSettings(view=ViewSettings())
    model = ScriptedModel([["One ", Pause(30), "two ", Pause(30), "three."]])
    async with replicas.open(model, settings=settings) as replica:
        chat = await replica.chats.create("Count.", owner="ada")
        async with chat.watch() as view:
            await anext(view)
            await chat.rest()
            await anyio.sleep(60)
            with pytest.raises(ViewerLagged, match="watch again"):
                await anext(view)

        assert ["user: Count.", "assistant: One two three."] == await spoken(chat)


@pytest.mark.spec("6.3")
async def test_a_cursor_from_the_future_is_refused() -> None:
    """The viewer is told where the chat ends and that it has to begin anew."""
    replicas = Replicas()
    async with replicas.open(ScriptedModel([["Hello."]])) as replica:
        chat = await replica.chats.create("Hello", owner="ada")
        head = await chat.rest()
        with pytest.raises(CursorAhead) as caught:
            async with chat.watch(after=head.seq + 1):
                pass

        assert head.seq == caught.value.seq


def limit_pages(store: SqliteStore, pages: int) -> None:
    """Let the store's file grow to so many pages and no further; the limit holds for one connection alone."""
    store._access._file.writer.execute(f"PRAGMA max_page_count = {pages}")
