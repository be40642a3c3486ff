"""The settings of every simulated replica: chatcore's own, but faster where nothing but waiting would be simulated."""

from datetime import timedelta
from random import Random
from typing import Final

from chatcore.app.settings import ServiceSettings, TurnSettings, WorkSettings
from chatcore.app.view_settings import ViewSettings
from chatcore.domain.live.batching import JournalMode, JournalSettings
from chatcore.domain.turn.next_step import TurnLimits
from chatcore.domain.turn.retry import RetryPolicy, backoff_ms

ATTEMPTS_MAX: Final = 5
LEASE: Final = timedelta(seconds=10)

_MODES: Final = (*[JournalMode.BATCHED] * 7, *[JournalMode.BEFORE_SHOW] * 2, JournalMode.OFF)
"""Seven runs of ten keep the default; the others show that the rest hold as well."""


def drawn_settings(stream: Random) -> ServiceSettings:
    """The settings of one run: the mode of the journal is drawn."""
    poll = timedelta(seconds=4)
    return ServiceSettings(
        work=WorkSettings(lease_expiry=LEASE, heartbeat=LEASE / 4, shutdown=timedelta(seconds=3), chats_max=6),
        turn=TurnSettings(
            bounds=TurnLimits(steps_max=8, attempts_max=2 * ATTEMPTS_MAX),
            retry=RetryPolicy(attempts_max=ATTEMPTS_MAX),
            silence=timedelta(seconds=5),
            action_timeout=timedelta(seconds=20),
            summary=timedelta(seconds=15),
        ),
        journal=JournalSettings(mode=stream.choice(_MODES)),
        view=ViewSettings(poll=poll, journal_poll=timedelta(seconds=0.5), idle_max=timedelta(seconds=5)),
        runner_poll=poll,
    )


def rest_within_s(settings: ServiceSettings, clock_wrong_s: float) -> float:
    """By when everything must be at rest after the faults have stopped: attempts x backoff + 2 x lease expiry.

    To a chat that waits for a client comes its deadline, which a clock that was wrong may have set too late.
    """
    attempts = settings.turn.retry.attempts_max or ATTEMPTS_MAX
    backoff_s = attempts * backoff_ms(attempts - 1) / 1000
    action_s = settings.turn.action_timeout.total_seconds() + clock_wrong_s
    return backoff_s + 2 * settings.work.lease_expiry.total_seconds() + action_s
