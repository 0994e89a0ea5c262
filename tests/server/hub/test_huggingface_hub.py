"""The real huggingface_hub, in a process of its own, against the hub."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.hub.conftest import Client, Running


def test_a_repository_lives_its_whole_life(alice: Client) -> None:
    seen = alice.python("""
import io, json, os, pathlib, tempfile
url = api.create_repo("corpus", repo_type="dataset")
assert api.create_repo("corpus", repo_type="dataset", exist_ok=True) == url
repo = url.repo_id
kw = dict(repo_id=repo, repo_type="dataset")
api.upload_file(path_or_fileobj=b"hello", path_in_repo="a.txt", **kw)
api.upload_file(path_or_fileobj=io.BytesIO(b"\\0big" * 400_000), path_in_repo="data/big.bin", **kw)
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "sub").mkdir()
(folder / "README.md").write_text("---\\nlicense: mit\\n---\\n# Hi")
(folder / "sub" / "b.txt").write_text("b")
(folder / "sub" / "empty.parquet").touch()
(folder / "sub" / "c.parquet").write_bytes(b"PAR1" * 10)
first = api.upload_folder(folder_path=folder, **kw)
again = api.upload_folder(folder_path=folder, **kw)
assert first.oid == again.oid, "nothing changed, so nothing is committed"
files = sorted(api.list_repo_files(**kw))
info = api.dataset_info(repo, files_metadata=True)
assert info.card_data.license == "mit" and info.sha == first.oid
big = [s for s in info.siblings if s.rfilename == "data/big.bin"][0]
assert big.lfs.size == 1_600_000 and big.size == 1_600_000, big
path = hf_hub_download(filename="data/big.bin", **kw)
assert open(path, "rb").read() == b"\\0big" * 400_000
assert os.path.basename(os.path.realpath(path)) == big.lfs.sha256
snapshot = pathlib.Path(snapshot_download(**kw))
assert (snapshot / "sub" / "b.txt").read_text() == "b"
assert file_exists(filename="a.txt", **kw) and not file_exists(filename="nothing", **kw)
tree = list(api.list_repo_tree(recursive=True, expand=True, **kw))
assert all(item.last_commit.oid for item in tree)
assert [f.path for f in api.get_paths_info(paths=["a.txt", "sub", "nothing"], **kw)] == ["a.txt", "sub"]
api.create_commit(operations=[CommitOperationCopy("data/big.bin", "data/copy.bin"), CommitOperationCopy("a.txt", "b.txt"),
    CommitOperationDelete("sub/"), CommitOperationDelete("a.txt")], commit_message="move", **kw)
assert hf_hub_download(filename="data/copy.bin", **kw)
files2 = sorted(api.list_repo_files(**kw))
api.super_squash_history(**kw)
commits = [c.title for c in api.list_repo_commits(**kw)]
found = [d.id for d in api.list_datasets(author=USER, filter="license:mit", full=True)]
api.delete_repo(**kw)
print(json.dumps([files, files2, commits, found, api.repo_exists(repo, repo_type="dataset")]))
""")
    files, after, commits, found, exists = json.loads(seen)
    assert files == ["README.md", "a.txt", "data/big.bin", "sub/b.txt", "sub/c.parquet", "sub/empty.parquet"]
    assert after == ["README.md", "b.txt", "data/big.bin", "data/copy.bin"]
    assert (len(commits), found, exists) == (1, [f"{alice.user}/corpus"], False)


def test_branches_tags_and_pull_requests(alice: Client) -> None:
    seen = alice.python("""
import json
kw = dict(repo_id=api.create_repo("corpus", repo_type="dataset").repo_id, repo_type="dataset")
first = api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", **kw).oid
api.create_tag(tag="v1", **kw)
api.create_tag(tag="v1", exist_ok=True, **kw)
api.create_branch(branch="other", **kw)
api.create_branch(branch="other", exist_ok=True, **kw)
api.upload_file(path_or_fileobj=b"2", path_in_repo="a.txt", revision="other", **kw)
pr = api.upload_file(path_or_fileobj=b"3", path_in_repo="a.txt", create_pr=True, **kw)
assert pr.pr_num == 1 and pr.pr_revision == "refs/pr/1", pr
api.upload_file(path_or_fileobj=b"4", path_in_repo="b.txt", revision="refs/pr/1", **kw)
second = api.create_pull_request(title="Another", **kw)
assert second.status == "draft" and second.git_reference == "refs/pr/2"
api.comment_discussion(discussion_num=2, comment="hm", **kw)
api.change_discussion_status(discussion_num=2, new_status="closed", **kw)
assert [(d.num, d.status) for d in api.get_repo_discussions(**kw)] == [(2, "closed"), (1, "open")]
read = lambda rev: open(hf_hub_download(filename="a.txt", revision=rev, **kw)).read()
before = [read(rev) for rev in ("main", "v1", "other", "refs/pr/1", first)]
api.merge_pull_request(discussion_num=1, **kw)
details = api.get_discussion_details(discussion_num=1, **kw)
assert details.status == "merged" and details.merge_commit_oid == api.dataset_info(kw["repo_id"]).sha
refs = api.list_repo_refs(include_pull_requests=True, **kw)
names = [[r.name for r in refs.branches], [r.name for r in refs.tags], [r.ref for r in refs.pull_requests]]
api.delete_tag(tag="v1", **kw)
api.delete_branch(branch="other", **kw)
left = api.list_repo_refs(**kw)
print(json.dumps([before, read("main"), names, [r.name for r in left.branches + left.tags]]))
""")
    before, merged, names, left = json.loads(seen)
    assert before == ["1", "1", "2", "3", "1"]
    assert (merged, left) == ("3", ["main"])
    assert names == [["main", "other"], ["v1"], ["refs/pr/1", "refs/pr/2"]]


def test_an_outsider_opens_a_pull_request_and_adds_small_and_large_files(alice: Client, bob: Client) -> None:
    repo = alice.create("corpus")
    bob.python(f"""
kw = dict(repo_id={repo!r}, repo_type="dataset")
pull = api.create_pull_request(title="A better corpus", **kw)
api.upload_file(path_or_fileobj=b"a", path_in_repo="a.txt", revision=pull.git_reference, **kw)
api.upload_file(path_or_fileobj=bytes(100), path_in_repo="b.bin", revision=pull.git_reference, **kw)
event = api.rename_discussion(discussion_num=pull.num, new_title="The best corpus", **kw)
assert (event.old_title, event.new_title) == ("A better corpus", "The best corpus")
assert api.get_discussion_details(discussion_num=pull.num, **kw).title == "The best corpus"
""")
    assert "renamed to &#x27;The best corpus&#x27;" in alice.get(f"/datasets/{repo}/discussions/1").text
    assert alice.post(f"/api/datasets/{repo}/discussions/1/merge", json={}).status_code == 200
    assert alice.files(repo) == ["a.txt", "b.bin"]
    stranger = bob.post(f"/api/datasets/{alice.create('other')}/preupload/refs%2Fpr%2F1", json={"files": []})
    assert stranger.status_code == 404


def test_who_forgets_to_say_dataset_is_told_and_loses_nothing(alice: Client) -> None:
    repo = alice.create("corpus")
    seen = alice.python(f"""
assert not api.repo_exists({repo!r})
def error(call, *given):
    try: call(*given)
    except Exception as e: return type(e).__name__ if "pass repo_type='dataset'" in str(e) else e
print(error(api.create_repo, "net"), error(api.delete_repo, {repo!r}), error(api.model_info, {repo!r}),
      error(hf_hub_download, {repo!r}, "a.txt"))
""")
    assert seen == "BadRequestError BadRequestError RepositoryNotFoundError RepositoryNotFoundError"
    assert alice.get(f"/api/datasets/{repo}").status_code == 200


def test_errors_are_told_apart(hub: Running, alice: Client, bob: Client, anyone: Client) -> None:
    private, locked = alice.create("private", visibility="private"), alice.create("locked")
    for repo in (private, locked):
        alice.push(repo, {"a.txt": b"a"})
    alice.call("PUT", f"/api/datasets/{locked}/settings", json={"gated": "manual"})
    code = f"""
def error(repo, path="a.txt", rev=None):
    try: hf_hub_download(repo, path, repo_type="dataset", revision=rev)
    except Exception as e: return type(e).__name__
print(error({private!r}), error("x/absent"), error({locked!r}), error({private!r}, "absent"), error({private!r}, rev="absent"))
"""
    names = (
        "RepositoryNotFoundError RepositoryNotFoundError GatedRepoError RepositoryNotFoundError RepositoryNotFoundError"
    )
    assert (bob.python(code), anyone.python(code)) == (names, names)
    assert alice.python(code) == "None RepositoryNotFoundError None RemoteEntryNotFoundError RevisionNotFoundError"
    wrong = type(alice)(hub.url, "x", "hf_wrong", alice.home).python("""
for call in (lambda: api.whoami(), lambda: api.dataset_info("x/y"), lambda: api.create_repo("z", repo_type="dataset")):
    try: call()
    except Exception as e: print(type(e).__name__, "Invalid credentials" in str(e))
""")
    assert wrong.splitlines()[1:] == ["HfHubHTTPError True"] * 2


def test_a_renamed_repository_is_read_under_its_old_name(alice: Client) -> None:
    assert (
        alice.python("""
kw = dict(repo_type="dataset")
old = api.create_repo("old", **kw).repo_id
api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=old, **kw)
api.move_repo(old, f"{USER}/new", **kw)
api.upload_file(path_or_fileobj=b"\\0" * 9, path_in_repo="b.bin", repo_id=old, **kw)
print(api.dataset_info(old).id == f"{USER}/new", open(hf_hub_download(old, "a.txt", **kw)).read(),
      len(api.get_paths_info(old, ["a.txt", "b.bin"], **kw)), api.dataset_info("new").id == f"{USER}/new")
""")
        == "True 1 2 True"
    )


def test_access_to_gated_repositories_is_granted(alice: Client, bob: Client) -> None:
    repo = alice.create("locked")
    alice.push(repo, {"a.txt": b"a"})
    alice.python(f"""
api.update_repo_settings({repo!r}, repo_type="dataset", gated="manual")
api.grant_access({repo!r}, {bob.user!r}, repo_type="dataset")
assert [r.username for r in api.list_accepted_access_requests({repo!r}, repo_type="dataset")] == [{bob.user!r}]
api.auth_check({repo!r}, repo_type="dataset", write=True)
""")
    assert bob.python(f"print(open(hf_hub_download({repo!r}, 'a.txt', repo_type='dataset')).read())") == "a"


def test_multipart_uploads_and_pages_of_three(own_hub: Callable[..., Running]) -> None:
    assert (
        own_hub(part_bytes=100_000, page_size=3)
        .client()
        .python("""
import os
data = os.urandom(350_001)
kw = dict(repo_id=api.create_repo("corpus", repo_type="dataset").repo_id, repo_type="dataset")
api.upload_file(path_or_fileobj=data, path_in_repo="a.bin", **kw)
api.create_commit(operations=[CommitOperationAdd(f"{n}.txt", b"x") for n in range(7)], commit_message="x", **kw)
print(open(hf_hub_download(filename="a.bin", **kw), "rb").read() == data, len(api.list_repo_files(**kw)),
      len(list(api.list_repo_tree(**kw))))
""")
        == "True 8 8"
    )


def test_a_stale_parent_and_a_read_token_are_refused(hub: Running, alice: Client) -> None:
    repo = alice.create("corpus")
    first = alice.push(repo, {"a.txt": b"a"})
    alice.push(repo, {"a.txt": b"b"})
    code = f"""
def status(**kw):
    try: api.upload_file(path_or_fileobj=b"c", path_in_repo="c.txt", repo_id={repo!r}, repo_type="dataset", **kw)
    except Exception as e: return e.response.status_code
print(status(parent_commit={first!r}), status())
"""
    assert alice.python(code) == "412 None"
    assert hub.client(alice.user, role="read").python(code) == "403 403"


@pytest.mark.parametrize("xet", ["0", "1"])
def test_a_file_object_is_uploaded_with_or_without_xet(alice: Client, xet: str) -> None:
    code = """
import io
kw = dict(repo_id=api.create_repo("corpus", repo_type="dataset").repo_id, repo_type="dataset")
api.upload_file(path_or_fileobj=io.BytesIO(b"\\0" * 1000), path_in_repo="a.bin", **kw)
print(len(api.list_repo_files(**kw)))
"""
    assert alice.python(code, HF_HUB_DISABLE_XET=xet) == "1"
