"""Pages for people: datasets, a dataset with its card, files, versions and proposals. No scripts at all.

Private repositories are seen by those who log in: the browser asks for a user and, as the password, a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from arrowsets.server.hub import viewing
from arrowsets.server.hub.card import render
from arrowsets.server.hub.errors import HubError, entry_not_found
from arrowsets.server.hub.history import Commit
from arrowsets.server.hub.hub import Repository, State, StoredRepository
from arrowsets.server.hub.listing import CARDS, date_text, readme_of
from arrowsets.server.hub.markup import Markup, element, join
from arrowsets.server.hub.routing import Call
from arrowsets.server.hub.style import CSS
from arrowsets.server.hub.tree import Tree
from arrowsets.server.viewer.app import STATIC

__all__ = [
    "failure",
    "file",
    "files",
    "icon",
    "index",
    "locked",
    "login",
    "proposal",
    "proposals",
    "repository",
    "style",
    "version",
    "versions",
]

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_REALM = 'Basic realm="arrowsets hub", charset="UTF-8"'
_PAGE = 50
_ICON = STATIC / "icon.svg"
_FILES = 1000
_SHOWN_BYTES = 200_000


def _page(call: Call, title: str, *content: Markup | str, status: int = 200) -> Response:
    caller = call.caller.user
    who = element("span", caller) if caller else element("a", "Log in", href="/login")
    search = element("input", name="search", type="search", placeholder="Search datasets", value=call.query("search"))
    top = element(
        "header",
        element("a", "arrowsets hub", href="/", class_="brand"),
        element("form", search, action="/", method="get", role="search"),
        who,
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href="/static/hub.css"),
    )
    body = element("body", top, element("main", *content))
    text = "<!DOCTYPE html>\n" + str(element("html", head, body, lang="en"))
    return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "private, no-cache"})


def style(call: Call) -> Response:  # noqa: ARG001 - the same for all
    """Answer `GET /static/hub.css`."""
    return Response(CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def icon(call: Call) -> Response:  # noqa: ARG001 - the same for all
    """Answer `GET /static/icon.svg`, and `GET /favicon.ico` of browsers that ask for that on their own."""
    return Response(_ICON.read_bytes(), media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def locked() -> HubError:
    """Return the answer that makes a browser ask who is there."""
    return HubError(
        401, "Log in with your user name and, as the password, a token", headers={"WWW-Authenticate": _REALM}
    )


def login(call: Call) -> Response:
    """Answer `GET /login`."""
    if call.caller.anonymous:
        raise locked()
    return RedirectResponse("/", 303)


def failure(call: Call, error: HubError) -> Response:
    """Answer with a page that says what is wrong."""
    text = "This page does not exist, or you may not see it." if error.code == "RepoNotFound" else error.message
    page = _page(call, "Not possible", element("h1", str(error.status)), element("p", text), status=error.status)
    for name, value in error.headers.items():
        page.headers[name] = value
    if error.code:
        page.headers["X-Error-Code"] = error.code
    return page


def index(call: Call) -> Response:
    """Answer `GET /`: all datasets that the caller may see, with a search by name."""
    words, tag = call.query("search").lower().split(), call.query("tag")
    repos = [repo for repo in call.hub.visible(call.caller) if all(word in str(repo.id).lower() for word in words)]
    items = [(repo, repo.glance()) for repo in repos] if tag else []
    if tag:
        repos = [repo for repo, glance in items if tag in CARDS.tags(glance.readme)]
    start = int(call.query("start")) if call.query("start").isdecimal() and len(call.query("start")) < 9 else 0
    rows = [_row(repo) for repo in repos[start : start + _PAGE]]
    more = (
        element(
            "a",
            "More",
            href=f"/?search={quote(call.query('search'))}&tag={quote(tag)}&start={start + _PAGE}",
            rel="next",
        )
        if len(repos) > start + _PAGE
        else ""
    )
    title = _counted(len(repos), "dataset")
    empty = element("p", "Nothing here. ", element("code", 'ds.push_to_hub("you/name")'), " adds a dataset.")
    return _page(
        call, "Datasets", element("h1", title), element("ul", *rows, class_="datasets") if rows else empty, more
    )


def _row(repo: Repository) -> Markup:
    glance = repo.glance()
    badges = [element("span", text, class_="badge") for text in _badges(repo)]
    tags = element("small", ", ".join(CARDS.tags(glance.readme)[:6]))
    when = element("time", date_text(glance.modified)[:10])
    return element("li", element("a", str(repo.id), href=f"/datasets/{repo.id}"), *badges, when, tags)


def _badges(repo: Repository) -> list[str]:
    said = {"private": repo.private, f"gated: {repo.gated}": bool(repo.gated), "folder": not repo.writable}
    return [text for text, holds in said.items() if holds]


def _head(repo: Repository, active: str, rev: str = "main") -> Markup:
    base = f"/datasets/{repo.id}"
    tabs = [("card", "Card", base), ("files", "Files", f"{base}/tree/{quote(rev, safe='')}")]
    tabs += [
        ("versions", "Versions", f"{base}/commits/{quote(rev, safe='')}"),
        ("proposals", "Proposals", f"{base}/discussions"),
    ]
    links = [element("a", text, href=href, class_="active" if name == active else "") for name, text, href in tabs]
    badges = [element("span", text, class_="badge") for text in _badges(repo)]
    return join(element("h1", element("a", str(repo.id), href=base), *badges), element("nav", *links))


def repository(call: Call) -> Response:
    """Answer `GET /datasets/{id}`."""
    repo = call.hub.find(call.id, call.caller)
    state = repo.at("main")
    readable = not isinstance(repo, StoredRepository) or call.hub.reads(repo.record, call.caller)
    readme = readme_of(state)
    base = f"/datasets/{repo.id}/resolve/main/"
    card = Markup(render(readme, base)) if readme else element("p", "No card: add a README.md.")
    how = f'from arrowsets import load_dataset\n\nds = load_dataset("{repo.id}")'
    tags = [element("a", tag, href=f"/?tag={quote(tag)}", class_="tag") for tag in CARDS.tags(readme)]
    size = sum(entry.size for entry in state.tree.entries.values())
    facts = element(
        "aside",
        element("p", f"{_counted(len(state.tree.entries), 'file')}, {_bytes(size)}"),
        element("p", "Last change ", element("time", date_text(state.commit.date)[:16].replace("T", " "))),
        element("p", "Commit ", element("code", state.commit.oid[:10])),
        element("pre", how),
        element("p", *tags),
    )
    preview = _preview(call, repo, state) if readable else element("p", "Gated: ask its owner for access to the data.")
    return _page(
        call,
        str(repo.id),
        _head(repo, "card"),
        element("div", element("div", preview, element("article", card)), facts, class_="columns"),
    )


def _preview(call: Call, repo: Repository, state: State) -> Markup | str:
    if call.settings.preview is None:
        frame = viewing.section(call, repo)
        return element("section", Markup(frame), id="preview") if frame else ""
    return element("section", Markup(call.settings.preview(str(repo.id), state.commit.oid)), id="preview")


def _opened(call: Call) -> tuple[Repository, State]:
    repo = call.hub.content(call.id, call.caller)
    return repo, repo.at(call.params["rev"])


def files(call: Call) -> Response:
    """Answer `GET /datasets/{id}/tree/{rev}/{path}`."""
    repo, state = _opened(call)
    folder = call.params["path"].strip("/")
    if folder not in state.tree.folders:
        raise entry_not_found(folder, state.commit.oid)
    names = state.tree.children(folder, call.query("after"), _FILES + 1)
    last = repo.last_changes(state, names[:_FILES])
    rows = [_file_row(call, repo, state.tree, path, last[path]) for path in names[:_FILES]]
    more = element("a", "More", href=f"?after={quote(names[_FILES - 1])}", rel="next") if len(names) > _FILES else ""
    trail = element("p", *_trail(call, repo, folder), " at ", element("code", call.params["rev"]), class_="trail")
    return _page(
        call,
        f"{repo.id}: {folder or 'files'}",
        _head(repo, "files", call.params["rev"]),
        trail,
        element("table", *rows),
        more,
    )


def _trail(call: Call, repo: Repository, folder: str) -> Iterable[Markup | str]:
    base = f"/datasets/{repo.id}/tree/{quote(call.params['rev'], safe='')}"
    yield element("a", repo.id.name, href=base)
    parts = folder.split("/") if folder else []
    for count, part in enumerate(parts, 1):
        yield " / "
        yield element("a", part, href=f"{base}/{quote('/'.join(parts[:count]))}")


def _file_row(call: Call, repo: Repository, tree: Tree, path: str, last: Commit) -> Markup:
    rev, name = quote(call.params["rev"], safe=""), path.rpartition("/")[2]
    entry = tree.entries.get(path)
    kind = "tree" if entry is None else "blob"
    link = element("a", name + ("/" if entry is None else ""), href=f"/datasets/{repo.id}/{kind}/{rev}/{quote(path)}")
    download = (
        element("a", "download", href=f"/datasets/{repo.id}/resolve/{rev}/{quote(path)}") if entry is not None else ""
    )
    size = _bytes(entry.size) if entry is not None else ""
    cells = (link, size, download, last.title[:80], date_text(last.date)[:10])
    return element("tr", *(element("td", cell) for cell in cells))


def file(call: Call) -> Response:
    """Answer `GET /datasets/{id}/blob/{rev}/{path}`: the beginning of a text, or what is known of other files."""
    repo, state = _opened(call)
    path = call.params["path"]
    entry = state.tree.entries.get(path)
    if entry is None:
        raise entry_not_found(path, state.commit.oid)
    href = f"/datasets/{repo.id}/resolve/{quote(call.params['rev'], safe='')}/{quote(path)}"
    facts = element("p", f"{_bytes(entry.size)}, ", element("a", "download", href=href))
    sums = element("p", element("code", f"sha256 {entry.sha256}"))
    shown: Markup | str = ""
    if not entry.lfs:
        with state.open(path) as opened:
            text = opened.read(_SHOWN_BYTES).decode("utf-8", "replace")
        shown = element("pre", text + ("\n…" if entry.size > _SHOWN_BYTES else ""), class_="source")
    trail = element("p", *_trail(call, repo, path), class_="trail")
    return _page(call, f"{repo.id}: {path}", _head(repo, "files", call.params["rev"]), trail, facts, sums, shown)


def versions(call: Call) -> Response:
    """Answer `GET /datasets/{id}/commits/{rev}`."""
    repo, state = _opened(call)
    found = repo.log(state.commit.oid, _PAGE + 1)
    rows = [_commit_row(repo, each) for each in found[:_PAGE]]
    more = (
        element("a", "Older", href=f"/datasets/{repo.id}/commits/{found[_PAGE].oid}", rel="next")
        if len(found) > _PAGE
        else ""
    )
    names = [_ref_row(repo, name, oid) for name, oid in repo.refs().items()]
    rev = call.params["rev"]
    return _page(
        call,
        f"{repo.id}: versions",
        _head(repo, "versions", rev),
        element("table", *rows),
        more,
        element("h2", "Branches and tags"),
        element("table", *names),
    )


def _ref_row(repo: Repository, name: str, oid: str) -> Markup:
    kind, _, short = name.removeprefix("refs/").partition("/")
    shown = {"heads": "branch", "tags": "tag", "pr": "proposal"}.get(kind, kind)
    where = quote(short if kind in ("heads", "tags") else name, safe="")
    cells = (
        element("a", short, href=f"/datasets/{repo.id}/tree/{where}"),
        shown,
        element("code", oid[:10]),
        element("a", "versions", href=f"/datasets/{repo.id}/commits/{where}"),
    )
    return element("tr", *(element("td", cell) for cell in cells))


def _commit_row(repo: Repository, commit: Commit) -> Markup:
    link = element("a", commit.title or "(no title)", href=f"/datasets/{repo.id}/commit/{commit.oid}")
    tree = element("a", "files", href=f"/datasets/{repo.id}/tree/{commit.oid}")
    cells = (link, commit.author, date_text(commit.date)[:16].replace("T", " "), element("code", commit.oid[:10]), tree)
    return element("tr", *(element("td", cell) for cell in cells))


def version(call: Call) -> Response:
    """Answer `GET /datasets/{id}/commit/{rev}`: what a commit changed."""
    repo, state = _opened(call)
    before = repo.at(state.commit.parent).tree if state.commit.parent else Tree()
    rows = []
    changed = state.tree.changed(before)
    for path in changed[:_FILES]:
        kind = "removed" if path not in state.tree.entries else "changed" if path in before.entries else "added"
        rows.append(element("tr", element("td", kind), element("td", path)))
    rest = element("p", f"and {len(changed) - _FILES} more") if len(changed) > _FILES else ""
    title = element("h2", state.commit.title)
    said = element("p", state.commit.message, class_="said") if state.commit.message else ""
    who = element("p", f"{state.commit.author}, {date_text(state.commit.date)}, ", element("code", state.commit.oid))
    return _page(
        call,
        f"{repo.id}: {state.commit.title}",
        _head(repo, "versions"),
        title,
        said,
        who,
        element("table", *rows),
        rest,
    )


def proposals(call: Call) -> Response:
    """Answer `GET /datasets/{id}/discussions`."""
    repo = call.hub.content(call.id, call.caller)
    found = call.hub.pulls.all(repo.key) if isinstance(repo, StoredRepository) else []
    rows = [
        element(
            "tr",
            element(
                "td",
                element("a", f"#{pull.number} {pull.title}", href=f"/datasets/{repo.id}/discussions/{pull.number}"),
            ),
            *(element("td", text) for text in (pull.status, pull.author, date_text(pull.created)[:10])),
        )
        for pull in found[:_FILES]
    ]
    shown = element("table", *rows) if rows else element("p", "No pull requests.")
    return _page(call, f"{repo.id}: proposals", _head(repo, "proposals"), shown)


def proposal(call: Call) -> Response:
    """Answer `GET /datasets/{id}/discussions/{number}`."""
    repo = call.hub.content(call.id, call.caller)
    number = call.params["number"]
    if not isinstance(repo, StoredRepository) or not number.isdecimal() or len(number) > 9:
        raise HubError(404, "there is no such pull request")
    pull = call.hub.pulls.get(repo.key, int(number))
    events: list[Any] = call.hub.pulls.events(repo.key, pull.number)
    said = [
        element("p", f"{each.author}, {date_text(each.date)[:10]}: {each.shown or '(no text)'}", class_="said")
        for each in events
    ]
    title = element("h2", f"#{pull.number} {pull.title} ", element("span", pull.status, class_="badge"))
    link = element("p", element("a", "Files", href=f"/datasets/{repo.id}/tree/{quote(pull.ref, safe='')}"))
    return _page(call, f"{repo.id} #{pull.number}", _head(repo, "proposals"), title, link, *said)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
