"""The port itself: its errors, missing capabilities, and connections with more to do on close (A1, A2, A11)."""

from typing import Self

import anyio
import pytest

from chatcore.adapters.agent.closing import SKIP_CLOSE, CloseNext, with_close_function, wrap
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.refusal import Refusal
from chatcore.ports.agent import Agent, AgentError, AgentUnreachable, CapabilityMissing, FieldProblem

CAPABILITIES = (
    "processes",
    "files",
    "git",
    "mcp",
    "context",
    "containers",
    "terminals",
    "desktop",
    "debug",
    "network",
)

pytestmark = pytest.mark.anyio


class Bare(Agent):
    """A connection without capabilities that counts its closes."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.closes = 0
        self.failure = failure

    def identified(self, identity: ChatIdentity | None) -> Self:
        return self

    async def await_reachable(self, timeout_s: float) -> bool:
        return timeout_s > 0

    async def close(self) -> None:
        self.closes += 1
        await anyio.lowlevel.checkpoint()
        if self.failure is not None:
            raise self.failure


class Then:
    """A function to call on close that counts its calls."""

    def __init__(self, failure: Exception | None = None, answer: CloseNext | None = None) -> None:
        self.calls = 0
        self.failure = failure
        self.answer = answer

    async def __call__(self) -> CloseNext | None:
        self.calls += 1
        await anyio.lowlevel.checkpoint()
        if self.failure is not None:
            raise self.failure
        return self.answer


async def failures_of(agent: Agent) -> set[str]:
    """What closing fails with."""
    try:
        await agent.close()
    except ExceptionGroup as group:
        return {str(error) for error in group.exceptions}
    except OSError as error:
        return {str(error)}
    return set()


@pytest.mark.spec("A2")
@pytest.mark.parametrize("capability", CAPABILITIES)
async def test_a_missing_capability_is_named(capability: str) -> None:
    """Asking for it is a typed error that will not go away by asking again; a wrapper says the same."""
    wrapped = await wrap(Bare(), Then())
    for agent in (Bare(), wrapped):
        with pytest.raises(CapabilityMissing) as caught:
            getattr(agent, capability)
        assert (caught.value.capability, caught.value.retryable) == (capability, False)


@pytest.mark.spec("A1.1", "R2", "R3")
async def test_an_error_has_its_parts_and_a_body() -> None:
    """Optional parts are absent in the body."""
    refused = AgentError.refused(Refusal(status=404, code="x.y", message="gone"))
    assert (refused.status, refused.code, refused.to_json()) == (404, "x.y", {"message": "gone"})
    full = AgentError(
        status=503, code="c", message="m", detail="d", validations=[FieldProblem(field="f", detail="bad")]
    )
    assert full.to_json() == {"message": "m", "detail": "d", "validations": [{"field": "f", "detail": "bad"}]}
    assert str(full) == "m: d"


@pytest.mark.spec("R2")
@pytest.mark.parametrize(("status", "retryable"), [(400, False), (404, False), (500, False), (502, True), (503, True)])
async def test_what_may_pass_by_itself_is_retryable(status: int, retryable: bool) -> None:
    """A gateway that is not there now may be there soon; so may an agent out of reach."""
    assert AgentError(status=status, code="c", message="m").retryable is retryable
    assert AgentUnreachable("gone").retryable


@pytest.mark.spec("A11.1")
@pytest.mark.parametrize(
    ("close", "inner", "closes", "failed"),
    [
        (Then(), None, 1, set()),
        (Then(), OSError("inner"), 1, {"inner"}),
        (Then(answer=SKIP_CLOSE), OSError("inner"), 0, set()),
        (Then(OSError("first")), None, 1, {"first"}),
        (Then(OSError("first")), OSError("inner"), 1, {"first", "inner"}),
    ],
)
async def test_a_close_function_goes_first(close: Then, inner: Exception | None, closes: int, failed: set[str]) -> None:
    """The connection is closed unless the function says to skip that, and no error is lost."""
    bare = Bare(inner)
    assert await failures_of(with_close_function(bare, close)) == failed
    assert bare.closes == closes


@pytest.mark.spec("A11.2", "A11.s1", "A11.s2")
@pytest.mark.parametrize("inner", [None, OSError("inner")])
@pytest.mark.parametrize("then", [None, OSError("then")])
async def test_a_wrapper_closes_once_and_tells_everyone(inner: Exception | None, then: Exception | None) -> None:
    """Both parts run once, whatever fails; every closer, at once or later, is told the same."""
    bare, function = Bare(inner), Then(then)
    agent = await wrap(bare, function)
    assert agent is not None
    told: list[set[str]] = []

    async def close(view: Agent) -> None:
        told.append(await failures_of(view))

    async with anyio.create_task_group() as closers:
        closers.start_soon(close, agent)
        closers.start_soon(close, agent.identified(None))
    await close(agent)
    assert told == [{str(error) for error in (inner, then) if error}] * 3
    assert (bare.closes, function.calls) == (1, 1)


@pytest.mark.spec("A11.2", "A11.s3")
async def test_wrapping_nothing_calls_the_function_at_once() -> None:
    """There is no connection to wait for."""
    function = Then()
    assert (await wrap(None, function), function.calls) == (None, 1)


@pytest.mark.spec("A11.2")
async def test_a_cancelled_close_is_a_whole_one() -> None:
    """Cancelling the closer while it closes leaves nothing undone."""
    function = Then()
    with anyio.CancelScope() as scope:

        class Cancelling(Bare):
            async def close(self) -> None:
                scope.cancel()
                await super().close()

        agent = await wrap(Cancelling(), function)
        assert agent is not None
        await agent.close()
    assert function.calls == 1


@pytest.mark.spec("A11.3")
async def test_all_else_passes_through() -> None:
    """A wrapper answers as its connection does."""
    for seconds in (0, 1):
        agent = await wrap(Bare(), Then())
        assert agent is not None
        assert await agent.await_reachable(seconds) is await Bare().await_reachable(seconds)
