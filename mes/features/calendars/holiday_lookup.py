"""Public holidays of a country and year, in Korean and English, from the `holidays` library.

The library and its data take some 20 MB; they are loaded in a process of their own that ends after
the answer, so that the web process never grows by them. Run as a program it prints the answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import date
from typing import Any

from mes.core.refusal import Refusal

YEAR_MIN, YEAR_MAX = 2000, 2100
TIME_LIMIT_S = 30
HOLIDAYS_MAX = 200
"""Most holidays of one year that are taken."""
_turn = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A public holiday with its names in both languages."""

    date: date
    ko: str
    en: str


def public_holidays(country: str, year: int) -> list[Holiday]:
    """The public holidays of a country in a year, in time order.

    Args:
        country: ISO 3166-1 alpha-2, such as KR.

    Raises:
        Refusal: `country_unknown`, `year_invalid` (422), `holidays_unavailable` (503).
    """
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise Refusal(
            "year_invalid",
            f"a year goes from {YEAR_MIN} to {YEAR_MAX}",
            status=422,
            field="year",
        )
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise _unknown(country)
    answer = _asked(country.upper(), year)
    if "holidays" not in answer:
        raise _unknown(country)
    return [
        Holiday(date=date.fromisoformat(on), ko=ko, en=en)
        for on, ko, en in answer["holidays"][:HOLIDAYS_MAX]
    ]


def _asked(country: str, year: int) -> dict[str, Any]:
    if not _turn.acquire(timeout=TIME_LIMIT_S):
        raise _unavailable("other requests are still waiting")
    try:
        done = subprocess.run(  # noqa: S603 - our own module, arguments are checked
            [sys.executable, "-m", __name__, country, str(year)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise _unavailable(type(error).__name__) from error
    finally:
        _turn.release()
    if done.returncode != 0:
        raise _unavailable((done.stderr.strip().splitlines() or ["no answer"])[-1])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _unknown(country: str) -> Refusal:
    return Refusal(
        "country_unknown",
        f"no holidays are known for {country!r}; write two letters such as KR",
        status=422,
        field="country",
    )


def _unavailable(why: str) -> Refusal:
    return Refusal(
        "holidays_unavailable", f"the holidays could not be looked up: {why}", status=503
    )


def look_up(country: str, year: int) -> dict[str, Any]:
    """`{"holidays": [[YYYY-MM-DD, ko, en], ...]}`, or `{}` for a country that is not known."""
    import holidays

    if country not in holidays.list_supported_countries(include_aliases=False):
        return {}
    plain = holidays.country_holidays(country, years=year)
    known = {language: language for language in plain.supported_languages}
    english = next((one for one in known if one.startswith("en")), None)
    korean = known.get("ko") or plain.default_language or english

    def names(language: str | None) -> dict[date, str]:
        return dict(holidays.country_holidays(country, years=year, language=language).items())

    in_korean, in_english = names(korean), names(english or plain.default_language)
    return {
        "holidays": [
            [on.isoformat(), in_korean.get(on, name), in_english.get(on, name)]
            for on, name in sorted(plain.items())
            if on.year == year
        ]
    }


if __name__ == "__main__":
    json.dump(look_up(sys.argv[1], int(sys.argv[2])), sys.stdout, ensure_ascii=True)
