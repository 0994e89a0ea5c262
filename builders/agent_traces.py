"""Traces of coding agents (Claude Code, Codex, Pi, OpenClaw, Droid, Hermes): a row for each session.

A trace is a file of JSON lines, an event each; those of Hermes have a session in each line. The package teich makes messages for
training of them; what else is in a row is counted here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from arrowsets.builder import FileBuilder
from arrowsets.errors import BadData, MissingDependency
from arrowsets.features import Features, Json, List, Value, array_of
from arrowsets.files import DataFile
from arrowsets.files.compression import without_codec

from .rejecting import reject_file

__all__ = ["AgentTracesBuilder", "is_trace"]

_LOOKED_AT = 50
_LOOKED_BYTES = 64 << 10
_CLAUDE = frozenset({"user", "assistant", "system"})
_CODEX = frozenset({"session_meta", "turn_context", "response_item", "event_msg"})
_HERMES = ("id", "source", "model", "system_prompt")
_SECONDS = 10_000_000_000  # greater numbers are milliseconds
_TEXT, _COUNT = Value("string"), Value("int64")
_TYPES: Mapping[str, Any] = {
    "harness": _TEXT,
    "session_id": _TEXT,
    "prompt": _TEXT,
    "messages": List(Json()),
    "tools": List(Json()),
    "metadata": Json(),
    "sent_at": _TEXT,
    "num_user_messages": _COUNT,
    "num_tool_calls": _COUNT,
    "trace": Json(),
    "file_path": _TEXT,
}

Event = Mapping[str, Any]


def is_trace(file: DataFile) -> bool:
    """Tell whether a file begins as the trace of an agent does."""
    with file.open() as stream:
        begin = stream.read(_LOOKED_BYTES)
    if not begin.startswith(b"{") or not (b'"type"' in begin or b'"system_prompt"' in begin):
        return False  # nearly all files, at no cost
    events: list[Event] = []
    for line in begin.splitlines()[:_LOOKED_AT]:
        try:
            event = json.loads(line)
        except ValueError:
            break  # the last of the lines that were read is cut off
        if not isinstance(event, dict):
            return False
        events.append(event)
    return bool(events) and (_begins(events[0]) or any(map(_is_claude, events)))


def _begins(event: Event) -> bool:
    kind, name = event.get("type"), event.get("id")
    if kind == "session_meta":
        return isinstance(event.get("payload"), dict)
    if kind in {"session", "session_start"}:
        return isinstance(name, str) and isinstance(event.get("cwd"), str)
    return all(isinstance(event.get(key), str) for key in _HERMES) and isinstance(event.get("messages"), list)


def _is_claude(event: Event) -> bool:
    session = event.get("sessionId", event.get("session_id"))
    return event.get("type") in _CLAUDE and isinstance(session, str) and isinstance(event.get("message"), dict)


class AgentTracesBuilder(FileBuilder):
    """Read traces of agents: what the reader of JSON becomes where files are some."""

    name = "agent_traces"

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that sessions always have."""
        del files
        return self.config.features or Features(dict(_TYPES))

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the sessions of a file."""
        features = Features(dict(_TYPES)) if schema is None else Features.from_arrow_schema(schema)
        try:
            rows = list(_rows(shard))
        except (ValueError, KeyError, TypeError) as error:
            reject_file(self, shard.url, BadData(f"no trace of an agent: {error}", file=shard.url))
            rows = []
        columns = [
            array_of([row.get(name) for row in rows], feature, column=name)[0] for name, feature in features.items()
        ]
        yield pa.Table.from_arrays(columns, schema=features.arrow_schema)


def _rows(file: DataFile) -> Iterator[dict[str, Any]]:
    try:
        library = import_module("teich")
    except ImportError as error:
        missing = MissingDependency.of("reading traces of agents", "teich", "traces")
        raise MissingDependency(f"{missing}; parse_agent_traces=False reads the lines as they are") from error
    import tempfile

    with file.open() as stream:
        data = stream.read()
    text = data.decode()
    lines = text.splitlines()
    with tempfile.TemporaryDirectory(prefix="arrowsets-") as folder:
        path = Path(folder) / without_codec(file.name)
        path.write_bytes(data)
        examples = list(library.convert_traces_to_training_data(path))
    for number, example in enumerate(examples):
        told = example.get("metadata") or {}
        if told.get("trace_type") == "hermes":
            more = _of_hermes(told, lines[number])
        else:
            more = {**_told([json.loads(line) for line in lines if line.strip()]), "trace": text}
        yield {**example, **more, "file_path": file.url}


def _of_hermes(told: Mapping[str, Any], line: str) -> dict[str, Any]:
    started = json.loads(line)["started_at"]
    seconds = started if started <= _SECONDS else started / 1000
    moment = dt.datetime.fromtimestamp(seconds, tz=dt.UTC).isoformat(timespec="milliseconds")
    return {
        "harness": "hermes",
        "session_id": told["session_id"],
        "sent_at": moment.replace("+00:00", "Z"),
        "num_user_messages": told["turn_count"],
        "num_tool_calls": told["tool_call_count"],
        "trace": line,
    }


def _told(events: Sequence[Event]) -> dict[str, Any]:
    """Return what the events of a session say of it."""
    prompts = [(text, event) for event in events if (text := _prompt(event)) is not None]
    first, begun = prompts[0] if prompts else (None, {})
    stamp = begun.get("timestamp")
    session = next((event for event in events if _session(event) is not None), {})
    return {
        "harness": _harness(events, session),
        "session_id": _session(session),
        "prompt": first,
        "sent_at": stamp if isinstance(stamp, str) else None,
        "num_user_messages": len(prompts),
        "num_tool_calls": sum(map(_tool_calls, events)),
    }


def _harness(events: Sequence[Event], session: Event) -> str | None:
    if session.get("type") == "session" and "/.openclaw/" in str(session.get("cwd")):
        return "openclaw"
    kinds = {"session_start": "droid", "session": "pi", "message": "pi"}
    kinds |= dict.fromkeys(_CLAUDE, "claude_code") | dict.fromkeys(_CODEX, "codex")
    return next((kinds[kind] for event in events if isinstance(kind := event.get("type"), str) and kind in kinds), None)


def _session(event: Event) -> str | None:
    payload = event.get("payload")
    named = event.get("type") in {"session", "session_start"}
    candidates = (
        event.get("sessionId"),
        event.get("session_id"),
        payload.get("id") if isinstance(payload, dict) else None,
        event.get("id") if named else None,
    )
    return next((name for name in candidates if isinstance(name, str)), None)


def _prompt(event: Event) -> str | None:
    """Return what a user said in an event; None if it is no message of a user."""
    kind, message, payload = event.get("type"), event.get("message"), event.get("payload")
    if kind in {"user", "message"} and isinstance(message, dict):
        shown = kind == "user" or message.get("visibility") not in {"llm_only", "user_only"}
        if message.get("role") == "user" and shown:
            return _content(message.get("content"))
    if kind == "message" and event.get("role") == "user":
        return _content(event.get("content"))
    if kind == "event_msg" and isinstance(payload, dict) and payload.get("type") == "user_message":
        return _content(payload.get("message"))
    return None


def _content(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part if isinstance(part, str) else part.get("text") for part in parts if isinstance(part, (str, dict)))
    found = [text for text in texts if isinstance(text, str)]
    return "\n".join(found) if found else None


def _tool_calls(event: Event) -> int:
    payload, message = event.get("payload"), event.get("message")
    if event.get("type") == "response_item":
        return int(isinstance(payload, dict) and payload.get("type") == "function_call")
    if event.get("type") not in {"assistant", "message"} or not isinstance(message, dict):
        return 0
    parts = message.get("content") if message.get("role") == "assistant" else None
    calls = (part for part in parts or [] if isinstance(part, dict)) if isinstance(parts, list) else iter(())
    return sum(part.get("type") in {"tool_use", "toolCall"} for part in calls)
