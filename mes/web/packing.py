"""Answers packed with gzip: pages, JSON, CSV. The built front end lies packed already."""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

LEAST_BYTES = 500
MOST_BYTES = 16_000_000
"""Longer answers go as they are: packing them would keep a thread for a second."""
LEVEL = 5
PACKED_TYPES = frozenset(
    {
        "application/json",
        "application/problem+json",
        "image/svg+xml",
        "text/csv",
        "text/html",
        "text/plain",
    }
)
DISGUISE_BYTES = 64


def init_packing(app: Flask) -> None:
    """Pack what is text, long enough and whole, for who accepts gzip.

    A length that differs from answer to answer keeps a stranger from guessing what else stands
    in it (BREACH): as in Django's GZipMiddleware, the header of gzip has a name of random length.
    """

    @app.after_request
    def pack(response: Response) -> Response:
        if response.mimetype not in PACKED_TYPES or response.is_streamed:
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] > 0 and _worthwhile(response):
            response.set_data(packed(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
        return response


def _worthwhile(response: Response) -> bool:
    length = response.calculate_content_length()
    return (
        length is not None
        and LEAST_BYTES <= length <= MOST_BYTES
        and response.status_code not in {204, 206, 304}
        and not {"Content-Encoding", "ETag"} & set(response.headers.keys())
    )


def packed(plain: bytes) -> bytes:
    """The bytes as gzip, with a random name of up to 64 letters in the header."""
    file = io.BytesIO()
    name = "n" * (1 + secrets.randbelow(DISGUISE_BYTES))
    with gzip.GzipFile(name, "wb", LEVEL, file, mtime=0) as packer:
        packer.write(plain)
    return file.getvalue()
