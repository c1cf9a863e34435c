"""How Sphinx makes the pages: `make docs`."""

from importlib.metadata import version as version_of

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "pycertifspec"
copyright = "the pycertifspec developers"  # noqa: A001  Sphinx's name
version = release = version_of("pycertifspec")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build", "pictures"]
nb_execution_mode = "off"  # the tests execute notebooks; what they show is stored in them
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

# `name` in a docstring is a link where there is such a thing, and code where there is not.
default_role = "py:obj"
# Annotations say `Motor` alone: a client's and a server's, each beside the class that is meant.
suppress_warnings = ["ref.python"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
python_maximum_signature_line_length = 100

html_theme = "pydata_sphinx_theme"
html_title = "pycertifspec"
html_copy_source = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_end": ["theme-switcher"],
}


def setup(app: Sphinx) -> None:
    """Show SPEC's language as it is: Pygments takes `spec` for another one."""
    app.add_lexer("spec", TextLexer)
