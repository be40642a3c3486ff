"""Each checker fires at a small story in which its invariant is broken, and is silent where the same goes well."""

import pytest
from attrs import evolve

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.events import MessageAdded, QueueRemoved
from chatcore.domain.chat.states import CommandKey, ExecutionState, client_status, execution_state
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.domain.chat.values import QueueRemoval, Status
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.prompt import PromptMessage, PromptText, PromptToolCall
from chatcore.domain.ids import ChatId, CommandId, RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText
from chatcore.domain.live.shown import messages_shown
from chatcore.domain.live.view_events import PartShown, StatusShown
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.pubsub import ChatChanged
from chatcore.testing.simulation import ViewerAtRest, Violation
from chatcore.testing.simulation import checkers as all_checkers
from chatcore.testing.simulation.checker_stage import CHAT, RUNNER, Story, acquired
from chatcore.testing.simulation.checkers.interrupts_obeyed import restless
from chatcore.testing.simulation.happening_dialled import Dialled
from chatcore.testing.simulation.happenings import (
    Committed,
    HeadSeen,
    Hinted,
    JournalAsked,
    JournalWritten,
    OwnerRead,
    ReplicaChanged,
    Step,
    ToolActed,
    UserAnswered,
    ViewerRead,
)
from chatcore.testing.simulation.wishes import Wish
from chatcore.testing.situations import FAILURE, LOCAL_CALL, OWNER, create, words
from chatcore.testing.view_client import ViewClient

OTHER = RunnerId("runner-2")
SENT = CommandId("send-1")


def send(text: str = "and now") -> c.SendMessage:
    """A user says something."""
    return c.SendMessage(content=words(text), created_by=OWNER)


def accepted(seqs: tuple[int, ...]) -> UserAnswered:
    """The user is told that it was taken."""
    return UserAnswered(chat_id=CHAT, owner=OWNER, deed=Wish.SEND, command_id=SENT, outcome="accepted", seqs=seqs)


def test_a_send_is_kept_once() -> None:
    """One that was accepted is in the log, said at once or from the queue; one that is not there is missed."""
    good = Story(all_checkers.SendsKept())
    good.begin()
    good.commit(send(), command_id=SENT)
    good.note(accepted((5,)))
    good.rest()
    promotion = good.chat().first_promotion()
    good.commit(c.CommitAnswer(content=words("so")), c.FinishTurn(promotion=promotion))
    good.rest()

    bad = Story(all_checkers.SendsKept())
    bad.begin()
    bad.note(accepted((5,)))
    with pytest.raises(Violation, match="is in the log 0 times"):
        bad.rest()


def test_a_row_has_one_end() -> None:
    """A row that waits and was removed as well is counted twice."""
    story = Story(all_checkers.SendsKept())
    story.begin()
    story.commit(send())
    story.store([QueueRemoved(ids=(5,), reason=QueueRemoval.DELETED)])

    with pytest.raises(Violation, match="row 5 came to 2 ends"):
        story.rest()


def test_who_waits_longer_is_said_first() -> None:
    """A row is overtaken neither by a later row nor by a message that never waited. A promotion may do so."""
    story = Story(all_checkers.SendsKept())
    story.begin()
    story.commit(send("first"))
    story.commit(send("second"))
    landed = story.landed(c.Interrupt(), c.FinishInterruption(promotion=story.chat().first_promotion()))
    story.note(Committed(actor=SYSTEM, landed=(landed,)))
    late = landed.events[-2]
    assert isinstance(late.event, MessageAdded)

    for event in (evolve(late.event, from_queue=6), evolve(late.event, from_queue=None)):
        again = Story(all_checkers.SendsKept())
        again.begin()
        again.commit(send("first"))
        again.commit(send("second"))
        with pytest.raises(Violation, match=r"first|overtook"):
            again.note(Committed(actor=SYSTEM, landed=(evolve(landed, events=(evolve(late, event=event),)),)))
    promoted = c.PromoteQueued(queued_id=6)
    step = Step(command=promoted, key=CommandKey.PROMOTE_QUEUED, before=None, after=None)
    told = evolve(landed, events=(evolve(late, event=evolve(late.event, from_queue=6)),), steps=(step,))
    fine = Story(all_checkers.SendsKept())
    fine.begin()
    fine.commit(send("first"))
    fine.commit(send("second"))
    fine.note(Committed(actor=SYSTEM, landed=(told,)))


def test_a_request_is_legal() -> None:
    """A call without a result is what no provider takes."""
    story = Story(all_checkers.LegalRequests())
    story.begin()
    story.note(story.asked())
    call = PromptToolCall(tool_call_id="a", tool_name="knock", args=JsonText("{}"))

    with pytest.raises(Violation, match="without results"):
        story.note(story.asked(PromptMessage(role=Role.ASSISTANT, content=(call,))))


def test_calls_are_answered_when_a_chat_rests() -> None:
    """A turn that ends answers what is open; one that does not is noticed."""
    story = Story(all_checkers.CallsAnswered())
    story.begin()
    story.commit(c.CommitAnswer(content=(*words("so"), LOCAL_CALL)))
    landed = story.landed(c.FinishTurn())
    story.note(Committed(actor=SYSTEM, landed=(landed,)))

    bad = Story(all_checkers.CallsAnswered())
    bad.begin()
    bad.commit(c.CommitAnswer(content=(*words("so"), LOCAL_CALL)))
    with pytest.raises(Violation, match="behind it are results of"):
        bad.note(Committed(actor=SYSTEM, landed=(evolve(landed, events=landed.events[1:]),)))


def test_an_effect_happens_once() -> None:
    """Twice only where the tool is declared idempotent."""
    story = Story(all_checkers.EffectsOnce())
    lamp = ToolActed(chat_id=CHAT, tool="light_lamp", key="a", idempotent=True)
    letter = ToolActed(chat_id=CHAT, tool="send_letter", key="b", idempotent=False)
    for each in (lamp, lamp, letter):
        story.note(each)

    with pytest.raises(Violation, match="a second time"):
        story.note(letter)


def test_an_answer_is_whole() -> None:
    """Only what the model ended is stored as an answer."""
    good, bad = Story(all_checkers.WholeAnswers()), Story(all_checkers.WholeAnswers())
    good.begin()
    good.answered()
    bad.begin()

    with pytest.raises(Violation, match="never ended"):
        bad.commit(c.CommitAnswer(content=words("so it")), c.FinishTurn())


def viewer(story: Story, screen: ViewClient) -> ViewerAtRest:
    """Someone who watches."""
    return ViewerAtRest(name="v", owner=OWNER, chat_id=CHAT, cursor=None, screen=screen)


def test_views_converge() -> None:
    """A screen holds what the log holds; one that lacks a message, or holds a reply in the making, does not."""
    story = Story(all_checkers.ViewsConverge())
    story.begin()
    story.answered()
    whole = ViewClient()
    status = StatusShown(status=client_status(story.chat().current))
    whole.take([status, *messages_shown(story.chat().rows())])
    story.rest(viewer(story, whole))
    late = ViewClient(status=whole.status, messages=whole.messages[:-1])
    shown = PartShown(role=Role.ASSISTANT, part=TextPart(text="so"), history_version=5, generation_attempt=1, number=1)
    busy = ViewClient(status=whole.status, messages=whole.messages, parts=[shown])

    for screen in (late, busy):
        with pytest.raises(Violation):
            story.rest(viewer(story, screen))


def test_a_family_is_archived_together() -> None:
    """Root and child in one append, or not at all."""
    story = Story(all_checkers.FamiliesArchived())
    child = ChatId("child")
    story.begin()
    story.answered()
    member = create()
    story.commit(evolve(member, parent_id=CHAT, root_id=CHAT), acquired(RUNNER), chat_id=child)
    story.commit(c.CommitAnswer(content=words("so")), c.FinishTurn(), chat_id=child)
    archive = c.SetArchived(archived=True, by=CHAT)
    both = tuple(story.landed(archive, chat_id=chat_id) for chat_id in (CHAT, child))
    story.note(Committed(actor=SYSTEM, landed=both))
    story.rest()

    with pytest.raises(Violation, match="of 2 members"):
        story.commit(c.SetArchived(archived=False, by=CHAT))


def test_a_question_survives() -> None:
    """A prompt holds what nobody has answered, word for word; what was answered it need not hold."""
    story = Story(all_checkers.QuestionsSurvive())
    story.begin()
    story.answered()
    story.commit(send("a question"), acquired(RUNNER))
    question = PromptMessage(role=Role.USER, content=(PromptText(text="a question"),))
    story.note(story.asked(question))

    with pytest.raises(Violation, match="lacks message"):
        story.note(story.asked(PromptMessage(role=Role.USER, content=(PromptText(text="a summary"),))))


def test_a_compaction_repeats_what_is_unanswered() -> None:
    """It is noticed at the compaction itself, before the model is asked again."""
    for repeats in (True, False):
        story = Story(all_checkers.QuestionsSurvive())
        story.begin()
        story.answered()
        story.commit(send("a question"), acquired(RUNNER))
        story.commit(c.FinishError(error=FAILURE))
        story.commit(c.RequestCompaction(), acquired(RUNNER))
        compaction = c.CommitCompaction(
            summary="what was said",
            prefix="",
            call_id="chat_summarized_1",
            threshold_percent=70,
            usage_percent=0.0,
            context_tokens=0,
            context_limit=0,
            unanswered=story.chat().replays() if repeats else (),
        )
        if repeats:
            story.commit(compaction, c.FinishTurn())
        else:
            with pytest.raises(Violation, match="lacks message"):
                story.commit(compaction, c.FinishTurn())


def test_owners_are_kept_apart() -> None:
    """An owner is given and writes to its own chats only, and whoever pries is refused."""
    story = Story(all_checkers.OwnersApart())
    story.begin()
    story.commit(c.ChangeTitle(title="a title"), actor=Actor.owner(OWNER))
    story.note(OwnerRead(owner=OWNER, method="head", chat_ids=(CHAT,)))
    thief = UserId("thief")
    pried = UserAnswered(chat_id=CHAT, owner=thief, deed=Wish.PRY, command_id=SENT, outcome="refused: chat_not_found")
    story.note(pried)
    seen = ViewerRead(chat_id=CHAT, owner=thief, events=())

    for bad in (OwnerRead(owner=thief, method="head", chat_ids=(CHAT,)), evolve(pried, outcome="accepted"), seen):
        with pytest.raises(Violation):
            story.note(bad)
    with pytest.raises(Violation, match="wrote to"):
        story.commit(c.ChangeTitle(title="mine"), actor=Actor.owner(thief))


def begun_reply() -> Story:
    """Two parts of a reply were shown, and the first was journaled."""
    story = Story(all_checkers.ShownIsKept())
    story.begin()
    part = story.part(1, "so ")
    story.at += 0.25
    story.note(JournalAsked(chat_id=CHAT, episode=story.episode, numbers=(1,)))
    story.note(JournalWritten(chat_id=CHAT, runner_id=RUNNER, episode=story.episode, parts=(part,)))
    story.at += 10.0
    story.part(2, "it is")
    return story


def test_what_was_shown_is_kept() -> None:
    """Whole, or the beginning of more; of a worker that is gone the newest batch may be missing."""
    whole = begun_reply()
    whole.commit(c.CommitAnswer(content=words("so it is, I think")), c.FinishTurn(), actor=Actor.worker(RUNNER))
    whole.rest()

    gone = begun_reply()
    gone.note(ReplicaChanged(what="dies"))
    gone.commit(acquired(OTHER), place="r2")
    gone.commit(c.CommitSalvage(content=words("so ")), actor=Actor.worker(OTHER), place="r2")
    gone.rest()


@pytest.mark.parametrize(
    ("kept", "taken_over", "died", "why"),
    [
        ("so ", False, False, "went on"),
        ("no", True, True, "the journal held 1 parts"),
        ("so ", True, False, "had the time"),
    ],
)
def test_what_was_shown_and_is_lost_is_noticed(kept: str, taken_over: bool, died: bool, why: str) -> None:
    """By the runner itself; although it was journaled; or although there was time to journal it."""
    story = begun_reply()
    runner = OTHER if taken_over else RUNNER
    if died:
        story.note(ReplicaChanged(what="dies"))
    if taken_over:
        story.at += 10.0
        story.commit(acquired(OTHER), place="r2")
    story.commit(c.CommitSalvage(content=words(kept)), actor=Actor.worker(runner))

    with pytest.raises(Violation, match=why):
        story.rest()


def test_nobody_is_shown_what_was_not_made() -> None:
    """A part reaches viewers as the worker made it."""
    story = begun_reply()
    shown = PartShown(role=Role.ASSISTANT, part=TextPart(text="so "), history_version=2, generation_attempt=1, number=1)
    version, attempt = story.episode.history_version, story.episode.generation_attempt
    shown = evolve(shown, history_version=version, generation_attempt=attempt)
    story.note(ViewerRead(chat_id=CHAT, owner=OWNER, events=(shown,)))

    with pytest.raises(Violation, match="not what the worker made"):
        story.note(ViewerRead(chat_id=CHAT, owner=OWNER, events=(evolve(shown, part=TextPart(text="no")),)))


def test_an_interrupt_is_obeyed() -> None:
    """A runner that has not seen it goes on; one that has stops."""
    story = Story(all_checkers.InterruptsObeyed())
    story.begin()
    story.commit(c.Interrupt())
    story.at += 1.0
    story.part(1, "so ")
    head = story.chat().current
    seen = HeadSeen(chat_id=CHAT, seq=head.seq, status=Status.INTERRUPTING, runner_id=RUNNER)
    story.note(seen)
    story.part(2, "it is")
    story.rest()
    story.at += 0.5

    with pytest.raises(Violation, match=r"went on 0\.50 s"):
        story.part(3, "!")


def test_from_every_state_users_reach_rest() -> None:
    """With the table as it is; without the end of interruptions they would not."""
    less = {pair: targets for pair, targets in TRANSITIONS.items() if pair[1] is not CommandKey.FINISH_INTERRUPTION}

    assert not restless()
    assert ExecutionState.RUNNING in restless(less)
    assert execution_state(None) not in restless()


def test_a_prompt_is_what_the_log_says() -> None:
    """A prompt that was kept from before an edit is noticed."""
    story = Story(all_checkers.PromptsOfTheLog())
    story.begin()
    story.note(story.asked())

    with pytest.raises(Violation, match="message 0 of the prompt"):
        story.note(story.asked(PromptMessage(role=Role.USER, content=(PromptText(text="something else"),))))


def test_a_hint_follows_its_commit() -> None:
    """It tells of what is in the log, or of less."""
    story = Story(all_checkers.HintsFollow())
    story.begin()
    hint = ChatChanged.of(CHAT, story.chat().current)
    story.note(Hinted(chat_id=CHAT, hint=hint))

    with pytest.raises(Violation, match="the log ends at"):
        story.note(Hinted(chat_id=CHAT, hint=evolve(hint, seq=hint.seq + 1)))


def test_a_dial_is_over_in_the_end() -> None:
    """However it ended; one that only began, or still stands, is left over."""

    def dialled(number: int, outcome: str) -> Dialled:
        return Dialled(chat_id=CHAT, worker_id=WorkerId("worker-1"), number=number, outcome=outcome)

    story = Story(all_checkers.DialsHungUp())
    for outcome in ("begins", "is answered", "is over: hung up"):
        story.note(dialled(1, outcome))
    story.note(dialled(2, "begins"))
    story.note(dialled(2, "is over: RelayUnreachable"))
    story.rest()

    story.note(dialled(3, "begins"))
    with pytest.raises(Violation, match="dial 3 to worker worker-1 is not over"):
        story.rest()
