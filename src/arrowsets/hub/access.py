"""How a hub is reached: its address, who asks, and requests that are repeated where that helps."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from arrowsets.config import settings
from arrowsets.errors import BadToken, OfflineError
from arrowsets.files import remote
from arrowsets.hub.refusals import Unreachable, retry_after, told
from arrowsets.record import dataclass

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["Access"]

T = TypeVar("T")

ATTEMPTS_TO_CONNECT: Final = 2
_ABSENT: Final = frozenset({"ConnectError", "ConnectTimeout", "ConnectionError", "ConnectionRefusedError"})
_SOMETHING_ELSE: Final = frozenset({"JSONDecodeError", "KeyError", "TypeError", "AttributeError"})
LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True)
class Access:
    """A hub and who asks it.

    Attributes:
        endpoint: Its address.
        token: A token, True for the saved one (which must be there), False for none, None for the saved one if any.
    """

    endpoint: str
    token: bool | str | None = field(default=None, repr=False)

    @classmethod
    def given(cls, token: bool | str | None = None) -> Access:
        """Return the access that the settings describe."""
        return cls(settings().hub_endpoint, token)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers of each request; without a token if there is none."""
        from huggingface_hub.errors import LocalTokenNotFoundError
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        try:
            return dict(build_hf_headers(token=self.token, library_name="arrowsets"))
        except LocalTokenNotFoundError as error:
            raise BadToken(
                "token=True asks for the saved token, and there is none: log in with `hf auth login` or set HF_TOKEN"
            ) from error

    @property
    def with_token(self) -> bool:
        """Whether requests carry a token."""
        return any(name.lower() == "authorization" for name in self.headers)

    @cached_property
    def api(self) -> HfApi:
        """The client of huggingface_hub."""
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, token=self.token, library_name="arrowsets")

    def file_url(self, name: str, revision: str, path: str) -> str:
        """Return the address of a file."""
        return f"{self.endpoint}/datasets/{name}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def ask(
        self,
        what: str,
        request: Callable[[], T],
        *,
        revision: str | None = None,
        attempts: int | None = None,
    ) -> T:
        """Send a request about a dataset; again, if the hub did not answer or could not for the moment.

        Raises:
            OfflineError: in offline mode, before anything is sent.
            Unreachable: when no attempt was answered.
            HubError: what the hub refuses, each kind with a class of its own.
        """
        if settings().offline:
            raise OfflineError(f"{what!r} is needed from {self.endpoint}, and offline mode is on (HF_HUB_OFFLINE)")
        attempts = attempts or remote.retry.tries
        for attempt in range(1, attempts + 1):
            try:
                with told(what, self.endpoint, with_token=self.with_token, revision=revision):
                    return request()
            except Unreachable as error:
                # A connection that broke may be one that was kept too long; nobody there is nobody there.
                absent = type(error.__cause__).__name__ in _ABSENT | _SOMETHING_ELSE
                if attempt >= (min(attempts, ATTEMPTS_TO_CONNECT) if absent else attempts):
                    raise
                asked = retry_after(error.__cause__) or 0.0
                wait = remote.retry.delay * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
                remote.retry.sleep(min(LONGEST_WAIT, max(asked, wait)))
        raise AssertionError(attempts)

    def __reduce__(self) -> tuple[Any, ...]:
        # The client holds locks and connections.
        return type(self), (self.endpoint, self.token)
