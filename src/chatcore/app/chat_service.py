"""What can be done with chats: one method per command, each idempotent by its command id (architecture 3, 5)."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from chatcore.app.adoption import Adopter, NoAdopter
from chatcore.app.chat_writer import ChatWriter, Plan, Planned, Written
from chatcore.app.edit_evidence import read_edit_target
from chatcore.app.promotions import Promotions
from chatcore.domain.chat.append import Append, decide_append
from chatcore.domain.chat.boundary_rows import CLEAR_TOOL
from chatcore.domain.chat.commands import (
    Acquire,
    Behavior,
    CancelRequiresAction,
    ClearContext,
    Command,
    CompleteRequiresAction,
    Create,
    DeleteQueued,
    DynamicResult,
    EditMessage,
    Interrupt,
    PromoteQueued,
    RequestCompaction,
    SendMessage,
    Settings,
)
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.chat.tree import decide_archived, decide_child
from chatcore.domain.content.messages import Effort, NewMessage, Role, Visibility
from chatcore.domain.content.parts import Part, TextPart
from chatcore.domain.content.user_input import accepted_user_content
from chatcore.domain.ids import ChatId, CommandId, Seq, UserId
from chatcore.domain.rejection import Rejection
from chatcore.domain.work.adoption import starts_work
from chatcore.ports.actor import Actor
from chatcore.ports.ids import Ids
from chatcore.ports.store import Store

Words: TypeAlias = str | Sequence[Part]
"""What a user says: text, or parts that a client may send."""


class ChatService:
    """Commands on chats. Every method raises Rejection for what the rules forbid, before anything is written.

    `actor` is who asks: an owner reaches its own chats only. A `command_id` that was carried out before gives the
    first outcome again (`Written.repeated`).
    """

    def __init__(
        self,
        store: Store,
        writer: ChatWriter,
        promotions: Promotions,
        ids: Ids,
        *,
        adopter: Adopter | None = None,
    ) -> None:
        self._store = store
        self._adopter = adopter or NoAdopter()
        self._writer = writer
        self._promotions = promotions
        self._ids = ids

    async def create(
        self,
        words: Words,
        *,
        actor: Actor,
        chat_id: ChatId | None = None,
        system: Sequence[str] = (),
        title: str | None = None,
        labels: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        workspace_id: str | None = None,
        parent_id: ChatId | None = None,
        command_id: CommandId | None = None,
    ) -> Written:
        """Begin a chat with a user's message, after model-only `system` messages; with a parent, as its child."""
        chat_id = chat_id or ChatId(self._ids.new())
        settings = settings or Settings()
        opening = tuple(
            NewMessage(role=Role.SYSTEM, content=(TextPart(text=text.strip()),), visibility=Visibility.MODEL)
            for text in system
            if text.strip()
        )
        question = NewMessage(
            role=Role.USER,
            content=_accepted(words),
            model_id=settings.model_id,
            effort=settings.effort,
            created_by=UserId(actor.id),
        )
        create = Create(
            owner_id=UserId(actor.id),
            messages=(*opening, question),
            title=title,
            labels=tuple((labels or {}).items()),
            settings=settings,
            workspace_id=workspace_id,
            parent_id=parent_id,
        )

        tried = False

        async def plan() -> Mapping[ChatId, Planned]:
            nonlocal tried
            if tried:
                await self._refuse_existing(chat_id, create, actor)
            tried = True
            if parent_id is None:
                append = _with_offer(None, Append(commands=(create,)), offer)
                return {chat_id: Planned(before=None, decided=decide_append(None, append))}
            return await self._plan_child(chat_id, create, parent_id, actor)

        offer = self._adopter.offer()
        written, refused = None, False
        try:
            family = await self._writer.write_family(chat_id, plan, actor=actor, command_id=command_id, creates=True)
            written = family[chat_id]
        except Rejection:
            refused = True
            raise
        finally:
            self._settle(chat_id, offer, written, refused=refused)
        return written

    async def send(
        self,
        chat_id: ChatId,
        words: Words,
        *,
        actor: Actor,
        behavior: Behavior = Behavior.QUEUE,
        model_id: str | None = None,
        effort: Effort | None = None,
        command_id: CommandId | None = None,
    ) -> Written:
        """Say something: at once if the chat rests, else after the turn (QUEUE) or instead of it (INTERRUPT)."""
        content = _accepted(words)

        async def plan(head: ChatHead) -> Append:
            send = SendMessage(
                content=content,
                created_by=UserId(actor.id),
                behavior=behavior,
                model_id=model_id,
                effort=effort,
                promotion=await self._promotions.first(chat_id, head),
            )
            return Append(commands=(send,))

        return await self._write(chat_id, plan, actor, command_id)

    async def edit(
        self,
        chat_id: ChatId,
        message_id: Seq,
        words: Words,
        *,
        actor: Actor,
        model_id: str | None = None,
        effort: Effort | None = None,
        command_id: CommandId | None = None,
    ) -> Written:
        """Say a message differently: it and all that followed leave the history, and the queue is emptied."""
        content = _accepted(words)

        async def plan(_: ChatHead) -> Append:
            target = await read_edit_target(self._store, chat_id, message_id, actor)
            edit = EditMessage(
                message_id=message_id,
                content=content,
                created_by=UserId(actor.id),
                target=target,
                model_id=model_id,
                effort=effort,
            )
            return Append(commands=(edit,))

        return await self._write(chat_id, plan, actor, command_id)

    async def promote(
        self, chat_id: ChatId, queued_id: Seq, *, actor: Actor, command_id: CommandId | None = None
    ) -> Written:
        """Say a waiting message next."""

        async def plan(head: ChatHead) -> Append:
            promotion = await self._promotions.of(chat_id, head, queued_id)
            return Append(commands=(PromoteQueued(queued_id=queued_id, promotion=promotion),))

        return await self._write(chat_id, plan, actor, command_id)

    async def delete_queued(
        self, chat_id: ChatId, queued_id: Seq, *, actor: Actor, command_id: CommandId | None = None
    ) -> Written:
        """Take a waiting message back."""
        return await self.carry_out(chat_id, DeleteQueued(queued_id=queued_id), actor=actor, command_id=command_id)

    async def interrupt(
        self,
        chat_id: ChatId,
        *,
        actor: Actor,
        reason: str = "interrupted by the user",
        command_id: CommandId | None = None,
    ) -> Written:
        """Stop the turn and keep what was said."""
        return await self.carry_out(chat_id, Interrupt(reason=reason), actor=actor, command_id=command_id)

    async def request_compaction(
        self, chat_id: ChatId, *, actor: Actor, command_id: CommandId | None = None
    ) -> Written:
        """Have what was said replaced by a summary, for the model (5.7)."""
        return await self.carry_out(chat_id, RequestCompaction(), actor=actor, command_id=command_id)

    async def clear_context(self, chat_id: ChatId, *, actor: Actor, command_id: CommandId | None = None) -> Written:
        """Let the model start afresh; readers keep the transcript (5.8)."""
        clear = ClearContext(call_id=f"{CLEAR_TOOL}_{self._ids.new()}")
        return await self.carry_out(chat_id, clear, actor=actor, command_id=command_id)

    async def complete_action(
        self,
        chat_id: ChatId,
        results: Sequence[DynamicResult],
        *,
        actor: Actor,
        command_id: CommandId | None = None,
    ) -> Written:
        """Give the results of the client's own tools (2.7)."""
        complete = CompleteRequiresAction(results=tuple(results))
        return await self.carry_out(chat_id, complete, actor=actor, command_id=command_id)

    async def cancel_action(self, chat_id: ChatId, *, actor: Actor, command_id: CommandId | None = None) -> Written:
        """Give up the calls that the client was to answer; the turn goes on without them."""
        return await self.carry_out(chat_id, CancelRequiresAction(), actor=actor, command_id=command_id)

    async def set_archived(
        self, chat_id: ChatId, archived: bool, *, actor: Actor, command_id: CommandId | None = None
    ) -> Written:
        """Archive or unarchive a root with its whole family, or nothing of it (12.1)."""

        async def plan() -> Mapping[ChatId, Planned]:
            family = await self._store.family(chat_id, actor=actor)
            decided = decide_archived(family, chat_id, archived=archived)
            return {member: Planned(before=family[member], decided=each) for member, each in decided.items()}

        written = await self._writer.write_family(chat_id, plan, actor=actor, command_id=command_id)
        return written[chat_id]

    async def carry_out(
        self, chat_id: ChatId, command: Command, *, actor: Actor, command_id: CommandId | None = None
    ) -> Written:
        """A command that needs no evidence, such as one about details (title, labels, settings …)."""

        async def plan(_: ChatHead) -> Append:
            return Append(commands=(command,))

        return await self._write(chat_id, plan, actor, command_id)

    async def _write(self, chat_id: ChatId, plan: Plan, actor: Actor, command_id: CommandId | None) -> Written:
        """Append, and have a free runner of this process take the chat in the same append if that sets it running."""
        offer = self._adopter.offer()

        async def offered(head: ChatHead) -> Append:
            return _with_offer(head, await plan(head), offer)

        written, refused = None, False
        try:
            written = await self._writer.write(chat_id, offered, actor=actor, command_id=command_id)
        except Rejection:
            refused = True
            raise
        finally:
            self._settle(chat_id, offer, written, refused=refused)
        return written

    def _settle(self, chat_id: ChatId, offer: Acquire | None, written: Written | None, *, refused: bool) -> None:
        if offer is None:
            return
        if written is None:
            # Cancelled, or the store broke off: it may have landed, so the runner looks whether the chat is its own.
            self._adopter.settle(chat_id, offer, taken=not refused)
            return
        taken = not written.repeated and written.head.runner_id == offer.runner_id
        self._adopter.settle(chat_id, offer, taken=taken)

    async def _refuse_existing(self, chat_id: ChatId, create: Create, actor: Actor) -> None:
        """After a conflict: say that the id is taken, if it is."""
        try:
            head = await self._store.head(chat_id, actor=actor)
        except ChatNotFound:
            return
        decide_append(head, Append(commands=(create,)))

    async def _plan_child(
        self, chat_id: ChatId, create: Create, parent_id: ChatId, actor: Actor
    ) -> Mapping[ChatId, Planned]:
        parent = await self._store.head(parent_id, actor=actor)
        root_id = parent.root_id or parent_id
        root = parent if root_id == parent_id else await self._store.head(root_id, actor=actor)
        decided = decide_child(chat_id, create, root_id, root)
        before = {root_id: root, chat_id: None}
        return {member: Planned(before=before[member], decided=each) for member, each in decided.items()}


def _with_offer(head: ChatHead | None, append: Append, offer: Acquire | None) -> Append:
    if offer is None or not starts_work(head, append.commands[-1]):
        return append
    return Append(commands=(*append.commands, offer))


def _accepted(words: Words) -> tuple[Part, ...]:
    return accepted_user_content((TextPart(text=words),) if isinstance(words, str) else words)
