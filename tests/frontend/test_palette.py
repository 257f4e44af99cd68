"""The state palette can be told apart by everybody and read on every ground.

Colour vision by the matrices of Machado, Oliveira, Fernandes (2009), severity 1.0; distance by
CIEDE2000 (Sharma, Wu, Dalal 2005); contrast by WCAG 2.2.
"""

from __future__ import annotations

import itertools
import math

import pytest

from mes.features.screens.design.contrast import contrast
from mes.features.screens.design.sources import read_tokens
from mes.features.screens.language import THEMES

STATES = ("running", "stopped", "down", "setup", "waiting", "off")
SMALLEST = {"light": 20.0, "dark": 18.5, "contrast": 20.0}
Vector = tuple[float, float, float]
SIGHT: dict[str, tuple[Vector, Vector, Vector]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Vector:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def seen(colour: str, sight: str) -> Vector:
    rgb = linear(colour)
    values = [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in SIGHT[sight]]
    red, green, blue = (min(1.0, max(0.0, value)) for value in values)
    return red, green, blue


def lab(rgb: Vector) -> Vector:
    rows = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.0721750),
        (0.0193339, 0.1191920, 0.9503041),
    )
    white = (0.95047, 1.0, 1.08883)
    xyz = [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in rows]

    def f(t: float) -> float:
        return t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116

    x, y, z = (f(value / w) for value, w in zip(xyz, white, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: Vector, other: Vector) -> float:
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    d_l, d_c = l2 - l1, c2 - c1
    d_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    l_m, c_m = (l1 + l2) / 2, (c1 + c2) / 2
    h_m = h1 + turn / 2 if c1 * c2 else h1 + h2
    t = (
        1
        - 0.17 * math.cos(math.radians(h_m - 30))
        + 0.24 * math.cos(math.radians(2 * h_m))
        + 0.32 * math.cos(math.radians(3 * h_m + 6))
        - 0.20 * math.cos(math.radians(4 * h_m - 63))
    )
    s_l = 1 + 0.015 * (l_m - 50) ** 2 / math.sqrt(20 + (l_m - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_m, 1 + 0.015 * c_m * t
    bend = 30 * math.exp(-((((h_m % 360) - 275) / 25) ** 2))
    r_t = -2 * math.sqrt(c_m**7 / (c_m**7 + 25**7)) * math.sin(math.radians(2 * bend))
    x, y, z = d_l / s_l, d_c / s_c, d_h / s_h
    return math.sqrt(x * x + y * y + z * z + r_t * y * z)


def test_the_distance_agrees_with_published_pairs() -> None:
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, -1, 2), (50, 0, 0)) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (50, 0, -2.5)) == pytest.approx(4.3065, abs=1e-4)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", sorted(SIGHT))
def test_states_can_be_told_apart(theme: str, sight: str) -> None:
    colours = {state: read_tokens()[theme][f"st-{state}"] for state in STATES}
    for one, other in itertools.combinations(STATES, 2):
        distance = ciede2000(lab(seen(colours[one], sight)), lab(seen(colours[other], sight)))
        assert distance >= SMALLEST[theme], (one, other, round(distance, 1))


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_ground(theme: str) -> None:
    tokens = read_tokens()[theme]
    for ground in ("bg", "surface", "inset"):
        for ink in ("ink", "ink-2", "ink-3", "good", "bad", "accent"):
            assert contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground)
        assert contrast(tokens["line-strong"], tokens[ground]) >= 3, ground
    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    for state in STATES:
        least = 4.5 if state != "down" else 4.2
        assert contrast(tokens[f"on-{state}"], tokens[f"st-{state}"]) >= least, state


@pytest.mark.parametrize("theme", THEMES)
def test_graphics_stand_out_and_yellow_has_its_dark_edge(theme: str) -> None:
    tokens = read_tokens()[theme]
    for state in STATES:
        sign = "edge-stopped" if state == "stopped" else f"st-{state}"
        assert contrast(tokens[sign], tokens["bg"]) >= 3, state
