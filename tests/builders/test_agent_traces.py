"""Traces of agents in JSON lines: told from other lines, a row for each session, by the package teich."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from arrowsets import Dataset, load_dataset
from arrowsets.errors import MissingDependency

CALL = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "ls"}}
CLAUDE: list[dict[str, Any]] = [
    {"type": "summary", "summary": "x"},
    {"type": "user", "sessionId": "s", "timestamp": "T1", "message": {"role": "user", "content": "hello"}},
    {
        "type": "assistant",
        "sessionId": "s",
        "message": {"role": "assistant", "model": "m", "content": [CALL]},
    },
    {
        "type": "user",
        "sessionId": "s",
        "message": {"role": "user", "content": [{"type": "tool_result", "content": "f"}]},
    },
]
CODEX: list[dict[str, Any]] = [
    {"type": "session_meta", "timestamp": "T0", "payload": {"id": "c", "cwd": "/x"}},
    {"type": "event_msg", "timestamp": "T1", "payload": {"type": "user_message", "message": "do"}},
    {"type": "response_item", "payload": {"type": "function_call", "name": "sh", "arguments": "{}", "call_id": "k"}},
]
PI: list[dict[str, Any]] = [
    {"type": "session", "id": "p", "cwd": "/home/.openclaw/x"},
    {
        "type": "message",
        "timestamp": "T1",
        "message": {"role": "user", "content": [{"type": "text", "text": "q"}, "r"]},
    },
    {"type": "message", "message": {"role": "user", "visibility": "llm_only", "content": "hidden"}},
    {"type": "message", "message": {"role": "assistant", "content": [{"type": "toolCall", "name": "ls"}]}},
]
SESSION = {"id": "h", "source": "cli", "model": "m", "system_prompt": "s", "messages": [], "started_at": 1_700_000_000}
HERMES: list[dict[str, Any]] = [SESSION, {**SESSION, "id": "i", "started_at": 1_700_000_000_500}]
TOLD = ("harness", "session_id", "prompt", "sent_at", "num_user_messages", "num_tool_calls")


def written(path: Path, events: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return str(path)


@pytest.fixture
def teich(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the package does, as far as rows depend on it."""

    def convert(path: Path) -> list[dict[str, Any]]:
        lines = path.read_text(encoding="utf-8").splitlines()
        sessions = [json.loads(line)["id"] for line in lines] if "system_prompt" in lines[0] else [None]
        told = {"trace_type": "hermes", "turn_count": 4, "tool_call_count": 5}
        return [
            {
                "prompt": "made",
                "messages": [{"role": "user", "content": path.name}],
                "tools": [],
                "metadata": {} if session is None else {**told, "session_id": session},
            }
            for session in sessions
        ]

    module = ModuleType("teich")
    module.convert_traces_to_training_data = convert  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "teich", module)


@pytest.mark.usefixtures("teich")
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (CLAUDE, [("claude_code", "s", "hello", "T1", 1, 1)]),
        (CODEX, [("codex", "c", "do", "T1", 1, 1)]),
        (PI, [("openclaw", "p", "q\nr", "T1", 1, 1)]),
        (
            HERMES,
            [
                ("hermes", "h", "made", "2023-11-14T22:13:20.000Z", 4, 5),
                ("hermes", "i", "made", "2023-11-14T22:13:20.500Z", 4, 5),
            ],
        ),
    ],
    ids=["claude", "codex", "openclaw", "hermes"],
)
def test_a_session_is_a_row(events: list[dict[str, Any]], expected: list[Any], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = written(tmp_path / "data" / "t.jsonl", events)
    dataset = load_dataset("json", data_files=file, split="train")
    assert [tuple(row[name] for name in TOLD) for row in dataset] == expected
    assert dataset[0]["messages"] == [{"role": "user", "content": "t.jsonl"}]
    assert dataset[0]["file_path"] == file
    assert Dataset.from_json(file).to_list() == dataset.to_list()
    assert list(load_dataset(str(tmp_path / "data"), split="train", streaming=True)) == dataset.to_list()


@pytest.mark.usefixtures("teich")
@pytest.mark.parametrize(
    "row",
    [{"type": "user", "message": {"a": 1}}, {"type": "session", "id": 1}, {"id": "1", "messages": []}, {"type": "x"}],
    ids=str,
)
def test_other_lines_are_rows(row: dict[str, Any], tmp_path: Path) -> None:
    assert load_dataset("json", data_files=written(tmp_path / "a.jsonl", [row]), split="train").to_list() == [row]


def test_lines_of_a_trace_can_be_read_as_they_are(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", CODEX[:1])
    dataset = load_dataset("json", data_files=file, split="train", parse_agent_traces=False)
    assert dataset.to_list() == CODEX[:1]


def test_without_the_package_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "teich", None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[traces\]'; parse_agent_traces=False"):
        load_dataset("json", data_files=written(tmp_path / "a.jsonl", CODEX))


@pytest.mark.parametrize("events", [CLAUDE[1:], CODEX], ids=["claude", "codex"])
def test_rows_are_those_of_the_reference(events: list[dict[str, Any]], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pytest.importorskip("teich")
    file = written(tmp_path / "t.jsonl", events)
    ours = load_dataset("json", data_files=file, split="train")
    theirs = datasets.load_dataset("json", data_files=file, split="train", cache_dir=str(tmp_path / "theirs"))
    assert ours.features.to_dict() == theirs.features.to_dict()
    assert ours.to_list() == theirs.to_list()
