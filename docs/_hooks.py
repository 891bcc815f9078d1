"""The documentation is built from the files of the repository, whose links lead to other places.

The notebooks are shown as they were run last.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from nbconvert import MarkdownExporter

# Files outside `docs`, and the pages they are shown on.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
}
_LINK = re.compile(r"(?P<bang>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_SNIPPET = re.compile(r'^--8<-- "(?P<file>[^"]+)"$', re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each notebook, and the pictures of its outputs beside it."""
    for path in sorted(Path("notebooks").glob("*.ipynb")):
        text, resources = MarkdownExporter().from_filename(str(path))
        for name, content in resources["outputs"].items():
            place = f"notebooks/{path.stem}/{name}"
            files.append(File.generated(config, place, content=content))
            text = text.replace(f"({name})", f"({path.stem}/{name})")
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Any, files: Any, **_: Any) -> str:
    """Show the file that a page is made of, its links leading to pages, or to nowhere for code."""
    if page.file.src_uri.startswith("notebooks/"):
        return markdown  # its links are meant as they stand
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
