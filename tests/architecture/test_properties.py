"""The page of properties says what the code has."""

from tests.architecture import properties


def test_the_page_of_properties_is_what_the_table_gives() -> None:
    assert properties.PAGE.read_text(encoding="utf-8") == properties.page(), (
        "run `python -m tests.architecture.properties`"
    )
