"""The site of the docs: `make docs` builds it into docs/_build, `make docs-links` asks whether addresses outside answer."""

from __future__ import annotations

from pygments.lexers import TextLexer
from sphinx.highlighting import lexers

import russell_pipeline

project = "russell_pipeline"
author = "the contributors of russell_pipeline"
project_copyright = author
version = release = russell_pipeline.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "russell_pipeline"
html_theme_options = {"source_directory": "docs/"}

# Anchors of headings are those that code hosts make, so that links work in both places.
myst_heading_anchors = 3

# Single back-ticks in docstrings are code.
default_role = "literal"
napoleon_google_docstring = False
autodoc_typehints = "description"
autodoc_member_order = "bysource"
# Types of other projects: their inventories are not asked for, so that the build needs no network.
nitpick_ignore_regex = [("py:.*", r"(?!russell_pipeline\.).*"), ("py:class", r".*\.(Role|Confidence)")]

# Pygments has no colours for rows of CSV.
lexers["csv"] = TextLexer()

# The notebook is kept without outputs: each build runs it, on a market that it simulates.
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True

# Prompts and answers of console blocks are not copied.
copybutton_prompt_text = r"\$ |> "
copybutton_prompt_is_regexp = True
copybutton_here_doc_delimiter = "END"
