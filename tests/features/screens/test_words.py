"""Printed numbers: rounded only here, signed, never a made-up zero."""

from __future__ import annotations

from fractions import Fraction

from flask import Flask
from flask_babel import Babel

from mes.features.screens.audit_words import deed
from mes.features.screens.report import words
from mes.features.screens.report.charts import direction, share
from mes.features.screens.setup import TRANSLATIONS


def test_a_missing_value_is_a_dash_and_never_zero() -> None:
    assert words.percent(None) == "–"
    assert words.minutes(None) == "–"
    assert words.pieces(None) == "–"
    assert words.percent(Fraction(0)) == "0.0"


def test_minus_is_the_minus_sign_and_zero_has_both() -> None:
    assert words.minutes(-60_000_000, sign=True) == "−1.0"
    assert words.minutes(60_000_000, sign=True) == "+1.0"
    assert words.minutes(0, sign=True) == "±0.0"
    assert words.percent(Fraction(-1, 40)) == "−2.5"


def test_numbers_are_rounded_from_the_exact_fraction() -> None:
    assert words.percent(Fraction(2, 3)) == "66.7"
    assert words.percent(Fraction(712, 1000)) == "71.2"
    assert words.pieces(Fraction(13500)) == "13,500"
    assert words.pieces(Fraction(1, 3)) == "0.333"
    assert words.whole(Fraction(12345, 10)) == "1,234"


def test_bars_never_leave_their_frame() -> None:
    assert share(Fraction(3, 2)) == "100.000"
    assert share(Fraction(-1)) == "0.000"


def test_a_change_that_prints_as_zero_is_neither_better_nor_worse() -> None:
    assert direction(Fraction(1, 10_000)) == ""
    assert direction(Fraction(1, 100)) == "up"
    assert direction(Fraction(-1, 100)) == "dn"
    assert direction(None) == ""


def test_the_audit_log_says_what_was_done_in_words_of_the_reader() -> None:
    app = Flask("test")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, default_locale="ko")
    with app.test_request_context():
        assert deed("work_order.released") == "작업지시 확정"
        assert deed("stop.whole") == "정지 사유 입력"
        assert deed("session.begin") == "로그인함"
        assert deed("something.new") == ""
