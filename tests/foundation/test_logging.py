"""The library's messages have a level, and go to the program's handlers or to stderr, never to both."""

from __future__ import annotations

import logging as standard
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from arrowsets import logging


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    before = logging.get_verbosity()
    yield
    logging.set_verbosity(before)
    logging.enable_propagation()


@pytest.mark.parametrize(
    ("set_level", "level"),
    [
        (logging.set_verbosity_debug, standard.DEBUG),
        (logging.set_verbosity_info, standard.INFO),
        (logging.set_verbosity_warning, standard.WARNING),
        (logging.set_verbosity_error, standard.ERROR),
    ],
)
def test_the_level_is_that_of_every_module(set_level: Callable[[], None], level: int) -> None:
    set_level()
    assert logging.get_verbosity() == level
    assert logging.get_logger("arrowsets.table.view").getEffectiveLevel() == level


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({}, standard.WARNING),
        ({"ARROWSETS_VERBOSITY": "debug"}, standard.DEBUG),
        ({"DATASETS_VERBOSITY": "ERROR"}, standard.ERROR),
        ({"ARROWSETS_VERBOSITY": "info", "DATASETS_VERBOSITY": "error"}, standard.INFO),
        ({"ARROWSETS_VERBOSITY": "loud"}, standard.WARNING),
    ],
)
def test_the_environment_sets_the_level(environment: dict[str, str], level: int) -> None:
    assert logging._level_of(environment) == level


def test_messages_reach_the_handlers_of_the_program(caplog: pytest.LogCaptureFixture) -> None:
    logging.get_logger("arrowsets.x").warning("hello")
    assert caplog.messages == ["hello"]
    logging.disable_propagation()
    logging.get_logger("arrowsets.x").warning("unheard")
    assert caplog.messages == ["hello"]


@pytest.mark.parametrize("configure", ["", "logging.basicConfig(format='%(message)s')"])
def test_a_message_is_shown_once(configure: str) -> None:
    code = f"import logging; {configure}\nimport arrowsets.logging as log\nlog.get_logger().warning('hello')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "hello\n"
