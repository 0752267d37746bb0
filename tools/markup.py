"""The texts of a page's elements."""

from html.parser import HTMLParser


class _Texts(HTMLParser):
    def __init__(self, tag: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tag, self.depth, self.found = tag, 0, [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag == self.tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self.tag and self.depth:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.found.append(data)


def texts_of(page: str, tag: str) -> str:
    """What stands inside the elements of this tag, with single spaces; empty where there is none."""
    parser = _Texts(tag)
    parser.feed(page)
    parser.close()
    return " ".join("".join(parser.found).split())
