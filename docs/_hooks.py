"""The documentation is built from the files of the repository, whose links lead to other places."""

from __future__ import annotations

import posixpath
import re
from typing import Any

# Files outside `docs`, and the pages they are shown on.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
}
_LINK = re.compile(r"(?P<bang>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_SNIPPET = re.compile(r'^--8<-- "(?P<file>[^"]+)"$', re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, files: Any, **_: Any) -> str:
    """Show the file that a page is made of, its links leading to pages, or to nowhere for code."""
    folder = "docs"
    if snippet := _SNIPPET.search(markdown):
        folder = posixpath.dirname(snippet["file"])
        with open(snippet["file"], encoding="utf-8") as file:
            markdown = markdown.replace(snippet[0], file.read())

    def linked(link: re.Match[str]) -> str:
        target, anchor = link["target"], link["anchor"] or ""
        if "://" in target or target.startswith("mailto:"):
            return link[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        name = PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        if name and files.get_file_from_path(name):
            return f"{link['bang']}[{link['text']}]({name}{anchor})"
        return link["text"]

    return _LINK.sub(linked, markdown)
