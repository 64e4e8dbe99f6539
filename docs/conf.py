"""How Sphinx builds the docs: MyST pages, the Furo theme, no network."""

from importlib.metadata import version as version_of

project = "resaga"
author = "the resaga authors"
project_copyright = "2026, the resaga authors"
release = version_of("resaga")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build", "changes"]

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"

html_theme = "furo"
html_title = f"resaga {release}"
