"""Titles and help of the fields of a replayed file."""

from __future__ import annotations

from connectors.sdk.words import Words

WORDS = {
    "file": Words(
        "파일",
        "File",
        "time, tag, value 열이 있는 CSV 파일입니다.",
        "A CSV file with the columns time, tag and value.",
    ),
    "repeat": Words(
        "반복", "Repeat", "끝나면 처음부터 다시 재생합니다.", "Begin again at the end of the file."
    ),
}
