"""Draws a page of a PDF as a picture, in a process of its own: PDF on stdin, picture on stdout.

A PDF that kills the library, or wants more memory or time than the limits below, ends only this
process. The first line of the output is JSON: `pages`, and `unreadable` where it cannot be read.
"""

from __future__ import annotations

import io
import json
import resource
import sys

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 20
EDGE_PX = 2000
"""Longest edge of the picture: sharp on a tablet, also enlarged."""
QUALITY = 90


def main() -> None:
    """Draw page `argv[1]`, counted from 1."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    except pypdfium2.PdfiumError:
        _say({"pages": 0, "unreadable": True})
        return
    pages, number = len(document), int(sys.argv[1])
    _say({"pages": pages, "unreadable": False})
    if not 1 <= number <= pages:
        return
    page = document[number - 1]
    drawn = page.render(scale=EDGE_PX / max(*page.get_size(), 1)).to_pil()
    picture = io.BytesIO()
    drawn.convert("RGB").save(picture, "WEBP", quality=QUALITY)
    sys.stdout.buffer.write(picture.getvalue())


def _say(head: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")


if __name__ == "__main__":
    main()
