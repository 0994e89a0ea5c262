"""Who calls, and what the caller may do: tokens (stored as hashes), roles, namespaces.

A token is `ash_<id>_<secret>`; 256 random bits need no slow hash. The user owns the namespace of the same name and may be a
member of others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Literal

from arrowsets.errors import UnknownName
from arrowsets.server.hub.database import Database
from arrowsets.server.hub.errors import HubError
from arrowsets.server.hub.names import check_user

__all__ = ["ANONYMOUS", "Accounts", "Identity", "Token", "bad_token"]

Role = Literal["read", "write"]
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller.

    Attributes:
        user: "" if it did not say who it is.
        namespaces: Lower case; those in which it may see what is private, and write if its role is "write".
    """

    user: str = ""
    role: str = ""
    namespaces: frozenset[str] = frozenset()
    token: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether it did not say who it is."""
        return not self.user

    def owns(self, namespace: str) -> bool:
        """Return whether it belongs to a namespace."""
        return namespace.lower() in self.namespaces

    def writes(self, namespace: str) -> bool:
        """Return whether it may change what is in a namespace."""
        return self.role == "write" and self.owns(namespace)


ANONYMOUS = Identity()


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; not the token itself."""

    id: str
    user: str
    role: str
    created: float
    expires: float | None
    label: str


def bad_token() -> HubError:
    """Return the answer for a token that is unknown, revoked or expired."""
    return HubError(401, "Invalid credentials in Authorization header")


class Accounts:
    """Tokens and memberships."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(
        self, user: str, role: str, *, namespaces: tuple[str, ...] = (), days: float | None = None, label: str = ""
    ) -> str:
        """Make a token and return it; it cannot be shown again."""
        if role not in ("read", "write"):
            raise UnknownName.of("role", role, ("read", "write"))
        check_user(user)
        identifier, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), time.time()
        with self._db.write() as db:
            known = db.execute("SELECT user FROM token WHERE user = ? LIMIT 1", (user,)).fetchone()
            expires = None if days is None else now + days * 86400
            row = (identifier, known["user"] if known else user, role, _digest(secret), now, expires, label)
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            for namespace in namespaces:
                db.execute("INSERT OR IGNORE INTO member VALUES (?, ?)", (check_user(namespace), row[1]))
        return f"ash_{identifier}_{secret}"

    def revoke(self, token: str) -> bool:
        """Forget a token, named by its id or itself; return whether it was known."""
        identifier = token.split("_")[1] if token.startswith("ash_") and token.count("_") > 1 else token
        with self._db.write() as db:
            return db.execute("DELETE FROM token WHERE id = ?", (identifier,)).rowcount > 0

    def tokens(self) -> list[Token]:
        """Return all tokens."""
        rows = self._db.read().execute("SELECT id, user, role, created, expires, label FROM token ORDER BY created")
        return [Token(*row) for row in rows]

    def authenticate(self, header: str | None, *, basic: bool = False) -> Identity:
        """Return who sends an Authorization header.

        Args:
            basic: Take a browser's user and password too; the password is the token.
        """
        if not header:
            return ANONYMOUS
        scheme, _, value = header.strip().partition(" ")
        token = value.strip()
        if basic and scheme.lower() == "basic":
            token = _password(token)
        elif scheme.lower() != "bearer":
            raise bad_token()
        return self.identify(token)

    def identify(self, token: str) -> Identity:
        """Return whose token this is."""
        prefix, _, rest = token.partition("_")
        identifier, _, secret = rest.partition("_")
        if prefix != "ash" or not secret or len(token) > _LONGEST:
            raise bad_token()
        db = self._db.read()
        row = db.execute("SELECT user, role, hash, expires FROM token WHERE id = ?", (identifier,)).fetchone()
        # Compared even if the id is unknown, so that the time taken does not tell.
        same = hmac.compare_digest(_digest(secret), row["hash"] if row else bytes(32))
        if row is None or not same or (row["expires"] is not None and row["expires"] < time.time()):
            raise bad_token()
        return Identity(row["user"], row["role"], self._namespaces(row["user"]), identifier)

    def recall(self, identifier: str) -> bool:
        """Return whether a token, named by its id, may still be used."""
        row = self._db.read().execute("SELECT expires FROM token WHERE id = ?", (identifier,)).fetchone()
        return row is not None and (row["expires"] is None or row["expires"] >= time.time())

    def _namespaces(self, user: str) -> frozenset[str]:
        rows = self._db.read().execute("SELECT namespace FROM member WHERE user = ?", (user,))
        return frozenset((user.lower(), *(row["namespace"].lower() for row in rows)))

    def organisations(self, identity: Identity) -> list[str]:
        """Return the namespaces that a user is a member of, besides its own."""
        rows = self._db.read().execute("SELECT namespace FROM member WHERE user = ? ORDER BY 1", (identity.user,))
        return [row["namespace"] for row in rows]

    def knows(self, user: str) -> bool:
        """Return whether there is such a user."""
        return self._db.read().execute("SELECT 1 FROM token WHERE user = ?", (user,)).fetchone() is not None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError) as error:
        raise bad_token() from error
