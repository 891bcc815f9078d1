"""The documentation is built from the files of the repository, whose links lead to other places.

The notebooks are shown as they were run last, and the stages as their list has them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from nbconvert import MarkdownExporter

from dashboard import Explorer
from mandel_core import STAGES

# Files outside `docs`, and the pages they are shown on.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
}
_LINK = re.compile(r"(?P<bang>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_SNIPPET = re.compile(r'^--8<-- "(?P<file>[^"]+)"$', re.MULTILINE)
_STAGES, _PARAMS = "<!-- stages -->", "<!-- params -->"


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
    """Show the file that a page is made of, its links leading to pages; code has no page.

    Raises PluginError for a link to a file that the repository does not have.
    """
    if page.file.src_uri.startswith("notebooks/"):
        return markdown  # its links are meant as they stand
    if page.file.src_uri == "stages.md":
        markdown = markdown.replace(_STAGES, _stages())
    if page.file.src_uri == "reference.md":
        markdown = markdown.replace(_PARAMS, _params())
    source = f"docs/{page.file.src_uri}"
    if snippet := _SNIPPET.search(markdown):
        source = snippet["file"]
        markdown = markdown.replace(snippet[0], Path(source).read_text(encoding="utf-8"))
    folder = posixpath.dirname(source)

    def linked(link: re.Match[str]) -> str:
        target, anchor = link["target"], link["anchor"] or ""
        if "://" in target or target.startswith("mailto:"):
            return link[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        if path.startswith("notebooks/"):
            name = path.replace(".ipynb", ".md")
        else:
            name = PAGES.get(path) or (path.removeprefix("docs/") if path[:5] == "docs/" else "")
        if name and files.get_file_from_path(name):
            return f"{link['bang']}[{link['text']}]({name}{anchor})"
        if not Path(path).exists():
            raise PluginError(f"{source} links to {target}, which does not exist.")
        return link["text"]

    return _LINK.sub(linked, markdown)


def _stages() -> str:
    """A section for each stage: its story and its step, from its file."""
    options = (
        "show_root_heading: false, show_root_toc_entry: false, members: [step, replay], "
        "show_source: true, heading_level: 3"
    )
    return "\n\n".join(
        f"## {number} · {stage.name.replace('_', ' ')}\n\n"
        f"::: {stage.run.__module__}\n    options: {{{options}}}"
        for number, stage in enumerate(STAGES)
    )


def _params() -> str:
    """A table of the params of an Explorer."""
    lines = ["| param | default | |", "|---|---|---|"]
    for name, param in Explorer.param.objects().items():
        if name != "name":
            default = "" if param.default is None else f"`{param.default}`"
            lines.append(f"| `{name}` | {default} | {param.doc} |")
    return "\n".join(lines)
