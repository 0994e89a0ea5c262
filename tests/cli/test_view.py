"""`view` serves a dataset, or writes a sample of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from arrowsets import Dataset, config
from arrowsets.dataset import viewing
from arrowsets.errors import MissingDependency
from arrowsets.server.hub import Hub
from arrowsets.server.hub.serve import running

Call = Callable[..., tuple[int, str, str]]


def test_a_sample_is_written(arrowsets: Call, csv: Path, tmp_path: Path) -> None:
    code, out, _ = arrowsets("view", csv, "--export", tmp_path / "page.html", "--rows", 1)
    assert (code, out) == (0, f"wrote {tmp_path / 'page.html'}\n")
    assert "never again" in (tmp_path / "page.html").read_text()


def test_nothing_there_is_an_error(arrowsets: Call, tmp_path: Path) -> None:
    code, _, err = arrowsets("view", tmp_path / "none.csv")
    assert code == 1
    assert "none.csv" in err


def test_a_split_that_is_not_there_is_an_error(arrowsets: Call, csv: Path) -> None:
    code, _, err = arrowsets("view", csv, "--split", "none", "--no-browser")
    assert code == 1
    assert "none" in err


def test_a_port_that_cannot_be_is_an_error(arrowsets: Call, csv: Path) -> None:
    code, _, err = arrowsets("view", csv, "--port", 99999, "--no-browser")
    assert code == 1
    assert err == "arrowsets: port 99999 cannot be: ports are 0 (a free one) to 65535\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one process")
def test_it_serves_until_it_is_interrupted(csv: Path) -> None:
    command = [sys.executable, "-m", "arrowsets", "view", str(csv), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)", line)
        assert found is not None, line
        answer = requests.get(f"{found[1]}/api/x/dataset", headers={"Authorization": f"Bearer {found[2]}"}, timeout=30)
        assert answer.json()["sql"] is True
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130, -signal.SIGINT)


def test_a_dataset_is_shown_from_python() -> None:
    with Dataset.from_dict({"x": [1]}).view(browser=False) as viewer:
        url, _, token = viewer.url.partition("/#token=")
        answer = requests.get(f"{url}/api/x/rows", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.json()["rows"][0]["row"] == {"x": 1}
        assert f'<iframe src="{viewer.url}"' in viewer._repr_html_()


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="uvicorn")

    monkeypatch.setattr(viewing, "import_module", absent)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[server\]'"):
        Dataset.from_dict({"x": [1]}).view()


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one process")
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub
def test_a_dataset_of_a_hub_is_shown_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(tmp_path / "hub") as hub:
        token = hub.accounts.create("alice", "write")
    with running(tmp_path / "hub") as url:
        monkeypatch.setattr(config, "_current", [replace(config.settings(), hub_endpoint=url)])
        Dataset.from_dict({"x": [7, 8]}).push_to_hub("alice/numbers", split="test", private=True, token=token)
        client = {"HF_ENDPOINT": url, "HF_TOKEN": token, "HF_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-m", "arrowsets", "view", "alice/numbers", "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **client}) as process:
            assert process.stdout is not None
            found = re.search(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)", process.stdout.readline())
            assert found is not None
            headers = {"Authorization": f"Bearer {found[2]}"}
            answer = requests.get(f"{found[1]}/api/x/rows?split=test", headers=headers, timeout=30)
            assert [row["row"] for row in answer.json()["rows"]] == [{"x": 7}, {"x": 8}]
            process.send_signal(signal.SIGINT)
            process.wait(30)
