"""Every example on the pages is a test: see `tests.docs.pages`."""

from tests.docs.pages import PAGES

pytest_collect_file = PAGES.pytest()
