"""What huggingface_hub leaves in its cache, as `hub/layout.txt`: names, links' targets, refs, sizes of blobs.

A local server behaves as the hub does: small files come from itself after a redirect, with git's checksum as their
ETag (git computes it), large ones from a second server, with their SHA-256. The repository `lssgen/tiny` holds
`flux-tiny` at `main`; at `refs/pr/1` its scheduler's configuration has one more line break at its end.

With a folder, checks instead that huggingface_hub finds, offline and whole, what LSSGen fetched into that cache
(`HubLayoutTest.leavesWhatHuggingFaceLeaves` keeps one where the system property `lssgen.hub.keep` says).
"""

from common import FLUX_TINY, GOLDEN

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

MODEL = "lssgen/tiny"
MAIN, CHANGED = "1" * 40, "2" * 40
REVISIONS = {"main": MAIN, MAIN: MAIN, "refs/pr/1": CHANGED, CHANGED: CHANGED}
SCHEDULER = "scheduler/scheduler_config.json"


def files(commit: str) -> dict:
    found = {p.relative_to(FLUX_TINY).as_posix(): p.read_bytes() for p in FLUX_TINY.rglob("*") if p.is_file()}
    if commit == CHANGED:
        found[SCHEDULER] += b"\n"
    return found


def is_large(path: str) -> bool:
    return path.endswith((".safetensors", ".model"))


def git_sum(content: bytes) -> str:
    return subprocess.run(["git", "hash-object", "--stdin"], input=content, capture_output=True,
                          check=True).stdout.decode().strip()


def etag(path: str, content: bytes) -> str:
    return hashlib.sha256(content).hexdigest() if is_large(path) else git_sum(content)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage = ""

    def log_message(self, *arguments):
        pass

    def answer(self, status: int, headers: dict, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        parts = urlparse(self.path).path.strip("/").split("/")
        if parts[0] == "storage":
            self.answer(200, {}, files(parts[1])["/".join(parts[2:])])
        elif parts[:2] == ["api", "models"]:
            self.answer(200, {"Content-Type": "application/json"}, json.dumps(self.api(*parts[4:6])).encode())
        elif parts[:2] == ["api", "resolve-cache"]:
            self.small(parts[2], "/".join(parts[3:]))
        else:
            commit, path = REVISIONS[unquote(parts[3])], "/".join(parts[4:])
            if is_large(path):
                content = files(commit)[path]
                self.answer(302, {"Location": f"{self.storage}/storage/{commit}/{path}", "X-Repo-Commit": commit,
                                  "X-Linked-Etag": f'"{etag(path, content)}"',
                                  "X-Linked-Size": str(len(content))})
            else:
                self.answer(307, {"Location": f"/api/resolve-cache/{commit}/{path}", "X-Repo-Commit": commit})

    def small(self, commit: str, path: str) -> None:
        content = files(commit)[path]
        self.answer(200, {"ETag": f'"{etag(path, content)}"', "X-Repo-Commit": commit}, content)

    def api(self, what: str, revision: str):
        commit = REVISIONS[unquote(revision)]
        if what == "revision":
            return {"id": MODEL, "sha": commit, "siblings": [{"rfilename": name} for name in sorted(files(commit))]}
        return [{"type": "file", "path": name, "oid": git_sum(content), "size": len(content)}
                | ({"lfs": {"oid": etag(name, content), "size": len(content), "pointerSize": 130}}
                   if is_large(name) else {})
                for name, content in sorted(files(commit).items())]


def serve() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def layout(cache: Path) -> list:
    lines = []
    for path in sorted(cache.rglob("*")):
        name = path.relative_to(cache).as_posix()
        if path.is_symlink():
            lines.append(f"{name} -> {os.readlink(path)}")
        elif path.is_file():
            is_ref = "/refs/" in name and "/snapshots/" not in name
            is_blob = "/blobs/" in name
            lines.append(name + (f" = {path.read_text()}" if is_ref else f" {path.stat().st_size}" if is_blob else ""))
    return lines


def main():
    if len(sys.argv) > 1:
        os.environ["HF_HUB_OFFLINE"] = "1"
        from huggingface_hub import snapshot_download
        for revision, commit in (("main", MAIN), ("refs/pr/1", CHANGED)):
            folder = Path(snapshot_download(MODEL, revision=revision, cache_dir=sys.argv[1]))
            assert folder.name == commit, folder
            for name, content in files(commit).items():
                assert (folder / name).read_bytes() == content, name
        print("huggingface_hub finds everything")
        return
    os.environ["HF_ENDPOINT"] = serve()
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    Handler.storage = serve()
    from huggingface_hub import snapshot_download
    with tempfile.TemporaryDirectory() as cache:
        snapshot_download(MODEL, cache_dir=cache)
        snapshot_download(MODEL, revision="refs/pr/1", cache_dir=cache)
        target = GOLDEN / "hub" / "layout.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(layout(Path(cache))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
