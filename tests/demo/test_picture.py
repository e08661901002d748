"""The README's picture of the tour: whole chapters, from a terminal's output, with nothing loaded from elsewhere."""

from xml.etree import ElementTree

from demo.picture import choose_chapters, draw

OUTPUT = "first\n\n\x1b[1mcookie\x1b[0m: one\n  ✓ ok\n\nother: two\n\nlast\n"


def test_the_chapters_asked_for_come_whole_and_apart() -> None:
    assert [line.plain for line in choose_chapters(OUTPUT, ["cookie", "last"])] == ["cookie: one", "  ✓ ok", "", "last"]


def test_the_svg_is_well_formed_and_loads_nothing() -> None:
    svg = draw(choose_chapters(OUTPUT, ["cookie"]))
    texts = "".join(ElementTree.fromstring(svg).itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "cookie" in texts
    assert "✓ ok" in texts
    assert "url(http" not in svg
    assert "@import" not in svg
