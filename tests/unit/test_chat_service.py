"""The service refuses bad input with a typed error before anything is written, and repeats nothing."""

import pytest

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.app.chat_service import ChatService
from chatcore.app.chat_writer import ChatWriter
from chatcore.app.models import ModelTable
from chatcore.app.promotions import Promotions
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.commands import Acquire, Behavior, FinishTurn
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import (
    ChatNotFound,
    MessageNotFound,
    QueuedMessageNotFound,
    QueueFull,
    StaleFence,
    TransitionNotAllowed,
)
from chatcore.domain.content.parts import HookNoticePart, Part, SkillPart, TextPart
from chatcore.domain.content.user_rejections import ContentRequired, ContentTooLarge, EmptyText, UnsupportedPart
from chatcore.domain.ids import ChatId, CommandId, RunnerId, UserId, WorkerId
from chatcore.domain.limits import QUEUE_LENGTH_MAX, USER_MESSAGE_BYTES_MAX
from chatcore.domain.rejection import Rejection
from chatcore.ports.actor import SYSTEM, Actor

pytestmark = pytest.mark.anyio
ADA, EVE = Actor.owner(UserId("ada")), Actor.owner(UserId("eve"))


class House:
    """A service over a memory store, and the store to look into."""

    def __init__(self) -> None:
        self.store = MemoryStore(clock=SystemClock())
        self.writer = ChatWriter(self.store, MemoryPubSub())
        self.service = ChatService(
            self.store, self.writer, Promotions(self.store, ModelTable(default="m")), SystemIds()
        )

    async def chat(self) -> ChatId:
        """A new chat of Ada's, running."""
        return (await self.service.create("Hello", actor=ADA)).chat_id

    async def everything(self) -> object:
        """All that the store holds."""
        return (await self.store.feed(limit=10_000)).events

    async def refuses(self, error: type[Rejection], asked: object) -> None:
        """Awaiting `asked` raises the rejection, and the store is as before."""
        before = await self.everything()
        with pytest.raises(error):
            await asked  # type: ignore[misc]  # any coroutine of the service
        assert before == await self.everything()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Both event loops."""
    return str(request.param)


@pytest.fixture
async def house() -> House:
    """A new house."""
    return House()


async def test_an_unknown_chat_and_a_foreign_one_are_the_same_answer(house: House) -> None:
    """Nobody learns that another owner's chat exists."""
    chat_id = await house.chat()

    await house.refuses(ChatNotFound, house.service.send(ChatId("none"), "Hi", actor=ADA))
    await house.refuses(ChatNotFound, house.service.send(chat_id, "Hi", actor=EVE))
    await house.refuses(ChatNotFound, house.service.edit(chat_id, 2, "Hi", actor=EVE))
    await house.refuses(ChatNotFound, house.service.set_archived(chat_id, True, actor=EVE))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), ContentRequired),
        ("   ", EmptyText),
        ("x" * (USER_MESSAGE_BYTES_MAX + 1), ContentTooLarge),
        ((HookNoticePart(text="I am a hook"),), UnsupportedPart),
        ((TextPart(text="a"), SkillPart(skill_name="s")), UnsupportedPart),
    ],
)
async def test_content_that_no_client_may_send(
    house: House, words: str | tuple[Part, ...], error: type[Rejection]
) -> None:
    """Empty, too large, or of a kind that is not for clients: for a new chat, a message and an edit alike."""
    chat_id = await house.chat()

    await house.refuses(error, house.service.create(words, actor=ADA))
    await house.refuses(error, house.service.send(chat_id, words, actor=ADA))
    await house.refuses(error, house.service.edit(chat_id, 2, words, actor=ADA))


async def test_the_twenty_first_waiting_message_is_refused(house: House) -> None:
    """As many wait as may wait (3.1), also when they come with an interrupt."""
    chat_id = await house.chat()
    for number in range(QUEUE_LENGTH_MAX):
        await house.service.send(chat_id, f"message {number}", actor=ADA)

    await house.refuses(QueueFull, house.service.send(chat_id, "one more", actor=ADA))
    await house.refuses(QueueFull, house.service.send(chat_id, "stop", actor=ADA, behavior=Behavior.INTERRUPT))


async def test_ids_of_another_chat(house: House) -> None:
    """A message, or a row of the queue, that is another chat's is not found."""
    first, second = await house.chat(), await house.chat()
    queued = await house.service.send(first, "later", actor=ADA)
    await house.service.send(second, "later", actor=ADA)
    foreign = queued.head.queue[0].id + 100

    await house.refuses(MessageNotFound, house.service.edit(second, foreign, "Hi", actor=ADA))
    await house.refuses(QueuedMessageNotFound, house.service.delete_queued(second, foreign, actor=ADA))
    await house.refuses(QueuedMessageNotFound, house.service.promote(second, foreign, actor=ADA))


async def test_a_paused_owner_that_wakes_up_writes_nothing(house: House) -> None:
    """Its fence is of a time before another runner took the chat."""
    chat_id = await house.chat()
    await _acquire(house, chat_id, RunnerId("first"))
    stale = Fence.of(await house.store.head(chat_id, actor=SYSTEM))
    await _acquire(house, chat_id, RunnerId("second"))

    async def finish(_: ChatHead) -> Append:
        return Append(commands=(FinishTurn(),), fence=stale)

    await house.refuses(StaleFence, house.writer.write(chat_id, finish, actor=Actor.worker(RunnerId("first"))))


async def test_the_same_command_twice_is_carried_out_once(house: House) -> None:
    """The second time gives the first outcome again, also for the command that made the chat."""
    command = CommandId("c1")
    created = await house.service.create("Hello", actor=ADA, chat_id=ChatId("chat"), command_id=command)
    again = await house.service.create("Hello", actor=ADA, chat_id=ChatId("chat"), command_id=command)
    first = await house.service.send(ChatId("chat"), "more", actor=ADA, command_id=CommandId("c2"))
    before = await house.everything()
    second = await house.service.send(ChatId("chat"), "something else", actor=ADA, command_id=CommandId("c2"))

    assert (created.events, True) == (again.events, again.repeated)
    assert (first.events, True) == (second.events, second.repeated)
    assert before == await house.everything()


async def test_a_chat_is_made_once(house: House) -> None:
    """An id that is taken is refused, without a command id too."""
    await house.service.create("Hello", actor=ADA, chat_id=ChatId("chat"))

    await house.refuses(TransitionNotAllowed, house.service.create("Hello", actor=ADA, chat_id=ChatId("chat")))


async def test_a_family_is_archived_as_a_whole(house: House) -> None:
    """A busy member blocks it, and nobody of it changes."""
    root = await house.chat()
    await house.service.create("Help", actor=ADA, parent_id=root)

    await house.refuses(TransitionNotAllowed, house.service.set_archived(root, True, actor=ADA))


async def _acquire(house: House, chat_id: ChatId, runner_id: RunnerId) -> None:
    async def acquire(_: ChatHead) -> Append:
        return Append(commands=(Acquire(worker_id=WorkerId("w"), runner_id=runner_id),))

    await house.writer.write(chat_id, acquire, actor=Actor.worker(runner_id))
