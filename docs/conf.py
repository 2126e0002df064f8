"""How the manual is built: Sphinx, MyST Markdown, the Furo theme."""

from importlib.metadata import version as installed_version

project = "reflexarc"
author = "The reflexarc developers"
copyright = author
release = version = installed_version("reflexarc")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True

html_theme = "furo"
html_title = f"reflexarc {release}"
html_static_path: list[str] = []
