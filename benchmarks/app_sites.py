"""Small sites in the themes of documentation tools and blogs, built to be photographed.

The text is the same everywhere; headers, menus and icons are the themes' own.
"""

import json
import subprocess
import sys
from pathlib import Path

SPHINX = {
    "shibuya": {"github_url": "https://example.org/a/b", "youtube_url": "https://example.org/v"},
    "sphinxawesome_theme": {},
    "piccolo_theme": {"source_url": "https://github.com/a/b"},
    "sphinx_rtd_theme": {},
    "sphinx_nefertiti": {"repository_url": "https://github.com/a/b"},
    "pydata_sphinx_theme": {
        "github_url": "https://github.com/a/b",
        "twitter_url": "https://example.org/t",
    },
    "sphinx_book_theme": {
        "repository_url": "https://github.com/a/b",
        "use_repository_button": "1",
        "use_issues_button": "1",
        "use_edit_page_button": "1",
    },
    "furo": {"source_repository": "https://github.com/a/b/", "source_branch": "main"},
}
"""Themes of Sphinx and their options."""

MKDOCS = {
    "material": "  features: [content.code.copy, content.action.edit, navigation.top, "
    "navigation.footer]\n  palette:\n    - {scheme: default, toggle: {icon: "
    "material/brightness-7, name: Switch to dark mode}}\n    - {scheme: slate, toggle: {icon: "
    "material/brightness-4, name: Switch to light mode}}\n",
    "readthedocs": "",
    "mkdocs": "",
    "shadcn": "",
    "terminal": "",
}
"""Themes of MkDocs and the rest of their `theme` section."""

HEXO = ("landscape", "next", "butterfly", "fluid", "icarus", "keep", "redefine", "stellar")

PYTHON_PACKAGES = (
    "sphinx shibuya sphinxawesome-theme piccolo-theme sphinx-rtd-theme "
    "sphinx-nefertiti pydata-sphinx-theme sphinx-book-theme furo mkdocs "
    "mkdocs-material mkdocs-shadcn mkdocs-terminal myst-parser sphinx-copybutton"
).split()

PAGES = {
    "index": "# Lathe\n\nLathe turns tables of figures into charts that can be read.\n\n"
    "```python\nimport lathe\n\nlathe.open('figures.csv').draw()\n```\n\n"
    "## Where to begin\n\nRead the guide, then look up what you need.\n",
    "guide": "# Guide\n\nOpen a file, choose columns, draw.\n\n```python\nlathe.columns()\n```\n"
    "\n## Columns\n\nEach has a name and a unit.\n\n## Charts\n\nBars, lines and dots.\n",
    "reference": "# Reference\n\n## open\n\nReads a file.\n\n## draw\n\nDraws what was read.\n",
}


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, timeout=900)


def python_sites(folder: Path) -> dict[str, Path]:
    """Build the sites of Sphinx and MkDocs themes; name and folder of each."""
    venv = folder / "venv"
    if not venv.exists():
        _run(sys.executable, "-m", "venv", venv)
        _run(venv / "bin/pip", "install", "-q", *PYTHON_PACKAGES)
    text = folder / "text"
    text.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        contents = "\n```{toctree}\nguide\nreference\n```\n" if name == "index" else ""
        (text / f"{name}.md").write_text(page + contents)
    plain = folder / "plain"
    plain.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (plain / f"{name}.md").write_text(page)
    sites = {}
    for theme, options in SPHINX.items():
        site = sites[f"sphinx-{theme}"] = folder / f"sphinx-{theme}"
        extensions = "myst_parser,sphinx_copybutton"
        settings = {"project": "Lathe", "html_theme": theme, "extensions": extensions}
        settings |= {f"html_theme_options.{key}": value for key, value in options.items()}
        flags = [part for key, value in settings.items() for part in ("-D", f"{key}={value}")]
        if not site.exists():
            _run(venv / "bin/sphinx-build", "-q", "-Q", "-C", *flags, text, site)
    for theme, rest in MKDOCS.items():
        site = sites[f"mkdocs-{theme}"] = (folder / f"mkdocs-{theme}").absolute()
        (folder / "mkdocs.yml").write_text(
            f"site_name: Lathe\ndocs_dir: plain\nrepo_url: https://github.com/a/b\n"
            f"edit_uri: edit/main/\ntheme:\n  name: {theme}\n{rest}"
        )
        if not site.exists():
            _run(venv / "bin/mkdocs", "-q", "build", "-f", folder / "mkdocs.yml", "-d", site)
    return sites


def hexo_sites(folder: Path) -> dict[str, Path]:
    """Build the blogs in Hexo's themes; name and folder of each."""
    engine = folder / "hexo"
    parts = [f"hexo-generator-{part}" for part in ("index", "archive", "tag", "category")]
    parts += [f"hexo-renderer-{part}" for part in ("ejs", "marked", "stylus", "pug", "inferno")]
    parts += ["hexo-component-inferno", "inferno", "inferno-create-element"]
    parts += [f"hexo-theme-{theme}" for theme in HEXO]
    if not (engine / "node_modules").exists():
        engine.mkdir(parents=True, exist_ok=True)
        dependencies = {"hexo": "8.1.2"} | dict.fromkeys(parts, "*")
        (engine / "package.json").write_text(
            json.dumps({"name": "blog", "hexo": {"version": ""}, "dependencies": dependencies})
        )
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", cwd=engine)
    posts = engine / "source/_posts"
    posts.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (posts / f"{name}.md").write_text(
            f"---\ntitle: {name.title()}\ntags: [charts]\n---\n{page}"
        )
    sites = {}
    for theme in HEXO:
        site = sites[f"hexo-{theme}"] = (folder / f"hexo-{theme}").absolute()
        if site.exists():
            continue
        (engine / "_config.yml").write_text(
            f"title: Lathe\nauthor: Ada\nlanguage: en\nurl: http://127.0.0.1\ntheme: {theme}\n"
            f"public_dir: public-{theme}\nper_page: 2\n"
        )
        _run("npx", "hexo", "generate", "--silent", cwd=engine)
        (engine / f"public-{theme}").rename(site)
    return sites
