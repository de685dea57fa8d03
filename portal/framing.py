"""Where a request ends, so that a proxy in front and waitress never see two different requests in the same bytes."""

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError


class Parser(HTTPRequestParser):
    """Refuses with 400 whoever gives a length and chunks at once: waitress would read the chunks and take what the
    length still covered as the next request (RFC 9112, 6.1 and 6.3)."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")


class Channel(HTTPChannel):
    """A connection whose requests are read like that."""

    parser_class = Parser
