"""How a viewer is served: who may ask, and how much an answer may cost."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ViewerSettings"]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """How a viewer is served.

    Attributes:
        token: What callers must send as `Authorization: Bearer`; "" where something in front decides who may ask.
        hosts: More names that requests may be addressed to.
        embed: Origins whose pages may show the viewer in a frame, as in a Content-Security-Policy.
        sql: Whether queries in SQL may be sent.
        heavy: How many searches, filters, statistics and queries run at once; others wait.
        deadline: Seconds after which a search, filter or query is given up.
        sql_memory: Bytes that a query may use.
        cell_bytes: What a whole cell may have.
        image_pixels: Images of more are not decoded.
        tell_causes: Whether errors name files and causes: right for one's own data, wrong on a shared server.
    """

    token: str = ""
    hosts: tuple[str, ...] = ()
    embed: tuple[str, ...] = ()
    sql: bool = True
    heavy: int = 2
    deadline: float = 60.0
    sql_memory: int = 1024 * MIB
    sql_rows: int = 10_000
    cell_bytes: int = 10 * MIB
    answer_bytes: int = 10 * MIB
    asset_bytes: int = 64 * MIB
    image_pixels: int = 100_000_000
    header_seconds: float = 20.0
    idle_seconds: float = 60.0
    tell_causes: bool = True
