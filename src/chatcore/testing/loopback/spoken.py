"""What a script says to one request, gathered for writing it in a provider's words."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from attrs import define, field, frozen

from chatcore.adapters.scripted import Call, CutOff, Fail, Report, Say, Saying, Think
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonText, dump_json

Block: TypeAlias = "Say | Think | SpokenCall"

_WORDS: Final = re.compile(r"\s*\S+\s*|\s+")
_ARGS_PIECE_CHARACTERS: Final = 12


class NotSpoken(ChatcoreError):
    """A script says what the loopback provider cannot write."""

    def __init__(self, saying: object) -> None:
        super().__init__(f"the loopback provider cannot say {type(saying).__name__}; use Say, Think, Call and Report")


@frozen(kw_only=True)
class SpokenCall:
    """A call with its id and its arguments as text."""

    call_id: str
    name: str
    args: JsonText


@define
class Spoken:
    """One answer."""

    blocks: list[Block] = field(factory=list)
    report: Report | None = None
    failure: Fail | None = None
    """Instead of an answer."""
    is_cut: bool = False
    """The body ends without its end."""

    @property
    def asks_tools(self) -> bool:
        """Whether it holds a call."""
        return any(isinstance(block, SpokenCall) for block in self.blocks)


def spoken(sayings: Iterable[Saying], *, call_id_stem: str) -> Spoken:
    """Gather what is said, up to a failure or a cut. Raises: NotSpoken."""
    answer = Spoken()
    for saying in sayings:
        match saying:
            case Fail():
                answer.failure = saying
                break
            case CutOff(saying=last):
                answer.blocks += [] if last is None else [_block(last, answer, call_id_stem)]
                answer.is_cut = True
                break
            case Report():
                answer.report = saying
            case _:
                answer.blocks.append(_block(saying, answer, call_id_stem))
    return answer


def pieces(text: str) -> Iterator[str]:
    """A text word by word, as models stream it."""
    return iter(_WORDS.findall(text))


def args_pieces(args: str) -> Iterator[str]:
    """Arguments in fragments that respect nothing."""
    step = _ARGS_PIECE_CHARACTERS
    return (args[start : start + step] for start in range(0, len(args), step))


def _block(saying: Saying, answer: Spoken, stem: str) -> Block:
    match saying:
        case str():
            return Say(saying)
        case Say() | Think():
            return saying
        case Call(tool_name=name, args=args, call_id=call_id, provider_executed=False):
            number = 1 + sum(isinstance(block, SpokenCall) for block in answer.blocks)
            text = JsonText(args) if isinstance(args, str) else dump_json(dict(args))
            return SpokenCall(call_id=call_id or f"{stem}{number}", name=name, args=text)
        case _:
            raise NotSpoken(saying)
