"""Every limit of chatcore, named, with its unit and the section of the spec that sets it.

Sections: `chat-core N` and `agent-and-relay An` are the spec, `architecture N` and `events` the design pages. A limit
that an embedding service may want to change is the default of a setting; the others are part of a wire format.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# --- a chat's state (chat-core 2, 3; architecture 3, 5; events) ---

QUEUE_LENGTH_MAX: Final = 20
"""Messages that may wait in one chat (chat-core 3.1)."""

FAMILY_MAX: Final = 100
"""Chats of one family, the root included (architecture 3)."""

SYSTEM_MESSAGES_MAX: Final = 16
"""System messages of one chat (events, head)."""

HEAD_BYTES_MAX: Final = 32 * KIB
"""Stored size of a head, in bytes (architecture 3)."""

ACTION_TIMEOUT_MS: Final = 5 * 60 * 1000
"""How long a turn waits for a client's tools, in milliseconds (chat-core 2.5, EnterRequiresAction)."""

CONFLICT_RETRIES_MAX: Final = 10
"""How often the service decides again after a conflict before it says `Busy` (architecture 5)."""

HEADS_REMEMBERED_MAX: Final = 1024
"""Chats whose head a process remembers after it wrote it, so that commands need not read it (architecture 5)."""

MODEL_ID_BYTES_MAX: Final = 64
"""Longest model id, in bytes (events: a queue row of the head takes about 150 bytes)."""

TITLE_BYTES_MAX: Final = 1 * KIB
"""Longest title of a chat, in bytes (our own; chat-core 8 makes titles of at most 80 characters)."""

LABELS_MAX: Final = 64
"""Labels of one chat (our own)."""

LABEL_BYTES_MAX: Final = 256
"""Longest name or value of a label, in bytes (our own)."""

REASON_BYTES_MAX: Final = 1 * KIB
"""Longest reason of an interrupt, in bytes (our own)."""

SUMMARY_BYTES_MAX: Final = 256 * KIB
"""Longest summary of a chat or a compaction, in bytes (our own)."""

# ---- Workspace: agent-and-relay A3 to A5 and A11, chat-core 10.1 to 10.5 ----

OUTPUT_HEAD_BYTES_MAX: Final = 16 * KIB
"""First bytes of a process's output that are kept (agent-and-relay A4)."""

OUTPUT_TAIL_BYTES_MAX: Final = 16 * KIB
"""Newest bytes of a process's output that are kept (agent-and-relay A4)."""

OUTPUT_LINE_BYTES_MAX: Final = 2048
"""Longest line of shown output in bytes, suffix included (agent-and-relay A4.6). Part of the wire format."""

PROCESS_LIST_MAX: Final = 10
"""Most processes in one list (agent-and-relay A3.15)."""

PROCESS_FORGET_S: Final = 5 * 60.0
"""An exited process older than this is forgotten at the next list (agent-and-relay A3.16)."""

PROCESS_WAIT_S_MAX: Final = 5 * 60.0
"""Longest wait for an exit in one output call (agent-and-relay A3.20)."""

PROCESS_PIPE_GRACE_S: Final = 5.0
"""How long output may stay open after the shell's exit (agent-and-relay A3.11)."""

READ_FILE_BYTES_MAX: Final = MIB
"""Largest file that is read by lines (agent-and-relay A5.2)."""

READ_LINE_BYTES_MAX: Final = 1024
"""Longest line shown when reading by lines, suffix not included (agent-and-relay A5.2.4)."""

READ_RESPONSE_LINES_MAX: Final = 2000
"""Most lines of one reading (agent-and-relay A5.2)."""

READ_RESPONSE_BYTES_MAX: Final = 32 * KIB
"""Most bytes of numbered text of one reading (agent-and-relay A5.2.6)."""

FILE_CHUNK_BYTES: Final = 64 * KIB
"""Bytes that one read of a file or of a process's output takes at most (agent-and-relay A5.1)."""

LINK_HOPS_MAX: Final = 40
"""Most symbolic links followed while resolving one path (agent-and-relay A5.7.1)."""

DIFF_CONTEXT_LINES: Final = 3
"""Unchanged lines around a change in a unified diff (agent-and-relay A5.4.5)."""

DIFF_GAP_CELLS_MAX: Final = 40_000
"""Most pairs of lines that are compared one by one between two fixed points of a diff (agent-and-relay A5.4.5)."""

DIFF_DEPTH_MAX: Final = 16
"""How often a diff looks for fixed points between fixed points (agent-and-relay A5.4.5)."""

HINT_CANDIDATES_MAX: Final = 5
"""Most candidate lines that one hint names (agent-and-relay A5.5, hints)."""

HINTS_MAX: Final = 3
"""Most miscount hints after one failed search (agent-and-relay A5.5, hints)."""

AGENT_CLOSE_S_MAX: Final = 30.0
"""Longest close of a wrapped agent connection (architecture 6, agent-and-relay A11)."""

EXECUTE_TIMEOUT_S: Final = 10.0
"""How long `execute` waits when the call names no time-out (chat-core 10.1)."""

EXECUTE_TIMEOUT_S_MAX: Final = 4 * 3600.0
"""Longest time-out of `execute` (chat-core 10.1)."""

EXECUTE_OUTPUT_BYTES_MAX: Final = 32 * KIB
"""Most bytes of output in one result of `execute` or `process_output` (chat-core 10.1)."""

# One turn: the model's steps, its stream, retries and compaction (chat-core 4 and 5.1)

STEPS_PER_TURN_MAX: Final = 1200
"""Calls of the model in one turn; a setting of 0 or less means 1 (chat-core 4.1)."""
OUTPUT_TOKENS_DEFAULT: Final = 32_000
"""Longest answer asked for where a model's configuration names none (chat-core 4.1)."""
MODEL_SILENCE_MS_MAX: Final = 600_000
"""Without a stream event for so long an attempt is cancelled and retried (chat-core 4.1)."""
ROOT_CHATS_AT_WORK_MAX: Final = 5
"""Root chats that work at once in a deployment; more of them wait (chat-core 4.1)."""
CHILD_CHATS_AT_WORK_MAX: Final = 10
"""Subagent chats that work at once in a deployment (chat-core 4.1)."""
ATTEMPTS_MAX: Final = 25
"""Tries at one step before its turn fails; a setting of None means no end (chat-core 4.6)."""
BACKOFF_MS_MIN: Final = 1_000
"""Wait before the first retry; it doubles from there (chat-core 4.6)."""
BACKOFF_MS_MAX: Final = 60_000
"""Longest wait that the backoff itself asks for (chat-core 4.6)."""
RETRY_AFTER_MS_MAX: Final = 300_000
"""Longest wait that a provider can ask for; a longer one is cut to this (chat-core 4.6)."""
TOOL_CALL_ID_BYTES_MAX: Final = 128
"""Longest id of a tool call in UTF-8; a longer one is cut (events, bounds of the head)."""
TOOL_NAME_BYTES_MAX: Final = 128
"""Longest name of a tool in UTF-8; a longer one is cut (events, bounds of the head)."""
TOOL_CALLS_PER_STEP_MAX: Final = 64
"""Calls in one answer; an answer with more is refused as a model error (events, bounds of the head)."""
TOOL_TEXT_BYTES_MAX: Final = MIB
"""Longest text that a tool may answer with; more becomes an error result (chat-core 4.4, architecture 10)."""
TOOL_MEDIA_BYTES_MAX: Final = 8 * MIB
"""Largest image or sound that a tool may answer with, as base64 (chat-core 4.4, architecture 10)."""
TOOL_ERROR_BYTES_MAX: Final = 32 * KIB
"""Longest text of a tool's error; the rest is cut off (chat-core 4.4, architecture 10)."""
STEP_CHARACTERS_MAX: Final = 16 * MIB
"""Characters, and bytes of files, that one answer may hold before it is refused (architecture 10)."""
CONTEXT_LIMIT_TOKENS_MAX: Final = 2**53 - 1
"""Largest context limit believed, the largest whole number that every JSON reader keeps (chat-core 4.9)."""
COMPACTION_THRESHOLD_PERCENT_DEFAULT: Final = 70
"""Usage that starts a compaction where a setting is missing or outside 0..100 (chat-core 5.1)."""
COMPACTION_THRESHOLD_PERCENT_LARGE: Final = 30
"""The default for a new model whose context is large (chat-core 5.1)."""
COMPACTION_THRESHOLD_PERCENT_OFF: Final = 100
"""The threshold that switches automatic compaction off (chat-core 5.1)."""
LARGE_CONTEXT_TOKENS_MIN: Final = 500_000
"""From here on a context counts as large (chat-core 5.1)."""
COMPACTION_REENTRIES_MAX: Final = 3
"""Times that a turn goes on after a compaction that came when the model had stopped (chat-core 4.1, 5.5)."""
SUMMARY_MS_MAX: Final = 90_000
"""Time that a compaction's summary may take (chat-core 5.1)."""

# ---- Content: chat-core 1 ----

USER_MESSAGE_BYTES_MAX: Final = 1 * MIB
"""Largest content of a user's message, in bytes: all its texts in UTF-8 and inline data (our own)."""

MESSAGE_FILES_MAX: Final = 50
"""Files that one message may cite (chat-core 1.3, R1.3c)."""

CHAT_FILES_MAX: Final = 50
"""Files that one chat may hold; linking more deletes the oldest (chat-core 1.3, R1.3c)."""

FILE_BYTES_MAX: Final = 10 * MIB
"""Largest file that may be uploaded, in bytes (chat-core 1.3, R1.3c)."""

INLINE_IMAGE_BYTES_MAX: Final = 5 * MIB
"""Largest image that Anthropic-style providers take inline, in bytes (chat-core 1.3, R1.3c)."""

LINE_NUMBER_MAX: Final = 2**31 - 1
"""Largest line number of a file reference (our own: what every store can hold as an integer)."""

REASONING_TITLE_WORDS_MAX: Final = 8
"""Longest title of a piece of reasoning, in words (chat-core 1.9)."""

REASONING_TITLE_CHARS_MAX: Final = 80
"""Longest title of a piece of reasoning, in characters, the ellipsis included (chat-core 1.9)."""

JSON_DEPTH_MAX: Final = 200
"""Deepest nesting of JSON that is taken as JSON (our own: below what any parser or writer gives up at)."""

# --- work and watching (chat-core 6, 7; architecture 4, 6, 7) ---

ACQUIRE_INTERVAL_MS: Final = 1_000
"""How often a worker looks for chats without a hint, in milliseconds (chat-core 7.1)."""

ACQUIRE_BATCH_MAX: Final = 10
"""Chats that a worker takes in one round (chat-core 7.1)."""

LEASE_EXPIRY_MS: Final = 300_000
"""Silence of a runner after which its chat is free, in milliseconds (chat-core 7.1)."""

HEARTBEAT_MS: Final = 30_000
"""Time between two signs of life of a runner, in milliseconds (chat-core 7.1)."""

SHUTDOWN_MS_MAX: Final = 10_000
"""How long a stopping worker may take to leave its chats in order, in milliseconds (our own)."""

POLL_INTERVAL_MS: Final = 10_000
"""How often a viewer reads without a hint, in milliseconds (chat-core 6.3)."""

SNAPSHOT_MESSAGES_MAX: Final = 50
"""Messages of a new viewer's first page (architecture 12)."""

WINDOW_CACHE_BYTES_MAX: Final = 64 * MIB
"""What a worker keeps of the windows of its chats between turns, in bytes of content (architecture 4)."""

EPISODE_BYTES_MAX: Final = MIB
"""Parts that are kept of one episode, in bytes of JSON (chat-core 6.4)."""

# ---- Stores and hints: architecture 5, chat-core 2.10 ----

SQLITE_LOCK_WAIT_MS: Final = 5_000
"""How long a write or a read waits for a lock that another process holds (architecture 5)."""

SQLITE_LOCK_POLL_MS: Final = 1
"""How often a lock that another process holds is asked for (architecture 5)."""

SQLITE_HOLD_MS: Final = 5
"""After holding the write lock for so long in all, a writer makes sure that other processes get it (architecture 5)."""

SQLITE_YIELD_MS: Final = 1
"""How long a writer lets go of the write lock then (architecture 5)."""

SQLITE_PAGE_BYTES: Final = 1024
"""Size of a database page; small, because an append changes few rows (architecture 5)."""

SQLITE_WAL_PAGES: Final = 4096
"""Pages in the write-ahead log from which it is copied into the database (architecture 5)."""

SQLITE_WAL_BYTES_KEPT: Final = 16 * MIB
"""A write-ahead log that grew beyond this is cut back after it was copied (our own)."""

SQLITE_CACHE_KIB: Final = 8 * KIB
"""Memory that a connection keeps pages in (our own)."""

HINT_POLL_MS: Final = 50
"""How often a process looks for what other processes appended, while anybody listens (architecture 5)."""

HINT_EVENTS_MAX: Final = 10_000
"""With more new events than this, listeners are told `Lagged` instead of what happened to each chat (our own)."""

HINTS_WAITING_MAX: Final = 256
"""Hints that wait for one subscriber; with one more they are dropped and it is told `Lagged` (architecture 8)."""

EXECUTE_OUTPUT_READ_S: Final = 30.0
"""How long reading the output of a command may take after its time-out, in seconds (chat-core 10.1)."""

# ---- What viewers see: chat-core 6, agent-and-relay C6, architecture 7 ----

CLOSED_EPISODE_MS: Final = 15_000
"""How long an ended episode is kept for late readers, in milliseconds (agent-and-relay C6.3)."""

CLOSED_EPISODES_BYTES_MAX: Final = 64 * MIB
"""Parts kept of ended episodes that nobody reads, in bytes of JSON; the oldest go first (our own)."""

VIEW_BATCH_EVENTS_MAX: Final = 256
"""Events that a viewer is given at once (chat-core 6.1)."""

VIEW_PAGE_EVENTS: Final = 256
"""Events of the log that a viewer reads at once, about (our own)."""

VIEWER_IDLE_MS_MAX: Final = 10_000
"""How long news may wait for a viewer that reads nothing before it is cut off (agent-and-relay C6.2)."""

VIEW_RETRIES_MAX: Final = 5
"""How often a viewer asks a store again that cannot answer, before it gives up (chat-core 6.3, Stop)."""

JOURNAL_POLL_MS: Final = 100
"""How often a viewer reads the journal of a chat that another process works on (our own)."""

JOURNAL_INTERVAL_MS: Final = 250
"""How long a part waits to be written to the journal, at most (architecture 7)."""

JOURNAL_BATCH_BYTES: Final = 4 * KIB
"""Parts waiting for the journal that are written at once, in bytes of content (architecture 7)."""

# ---- The relay of parts between replicas: agent-and-relay C6.c ----

RELAY_RETRY_MS_MIN: Final = 100
"""Wait before a replica is dialled again, the first time; it doubles from there (agent-and-relay C6.c)."""

RELAY_RETRY_MS_MAX: Final = 5_000
"""Longest wait before a replica is dialled again (agent-and-relay C6.c)."""

RELAY_DIAL_MS_MAX: Final = 10_000
"""How long a replica may take to answer a dial before it is given up and dialled again (our own)."""

RELAY_REPLAY_MS_MAX: Final = 5_000
"""How long a replica may take to begin an episode anew before the connection is given up (our own)."""

RELAY_BATCH_PARTS_MAX: Final = 256
"""Parts that a replica sends at once (our own)."""

# ---- Model providers: chat-core 4.6, 4.7; stack 5 ----

SSE_FRAME_BYTES_MAX: Final = 64 * MIB
"""Longest event of a provider's stream, which may sum up a whole answer with its images (chat-core 4.7)."""

PROVIDER_BODY_BYTES_MAX: Final = 128 * MIB
"""Longest answer read from a provider that does not stream it (chat-core 4.7)."""

PROVIDER_WORDS_CHARACTERS_MAX: Final = 2_000
"""Characters kept of what a provider says about an error (chat-core 4.6)."""

PROVIDER_CONNECT_MS_MAX: Final = 10_000
"""How long a connection to a provider may take (our own)."""

PROVIDER_DRAIN_MS_MAX: Final = 100
"""How long the end of a connection is waited for once an answer is whole, so that it can be used again (our own)."""
