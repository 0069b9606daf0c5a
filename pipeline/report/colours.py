"""The colours of every format: what is drawn on, and two colours of the house for light paper and dark."""

from __future__ import annotations

import colorsys

ENOUGH = 4.5
_COMFORTABLE = 7.0
LIGHT = {
    "paper": "#fcfbf8",
    "ink": "#1c2126",
    "soft": "#535b63",
    "rule": "#dbd7cd",
    "track": "#e9e5db",
    "card": "#f4f1ea",
    "rest": "#cbc6ba",
    "on-fill": "#ffffff",
}
DARK = {
    "paper": "#14171a",
    "ink": "#ebe8e1",
    "soft": "#aeb4ba",
    "rule": "#363c42",
    "track": "#2a2f34",
    "card": "#1c2024",
    "rest": "#565d64",
    "on-fill": "#101315",
}
PAPER = {
    "paper": "#ffffff",
    "ink": "#000000",
    "soft": "#444444",
    "rule": "#bbbbbb",
    "track": "#e8e8e8",
    "card": "#ffffff",
    "rest": "#c4c4c4",
    "on-fill": "#ffffff",
}


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours (``#rrggbb``), between 1 and 21, as WCAG 2.2 defines it.

    Examples
    --------
    >>> contrast("#000000", "#ffffff"), round(contrast("#777777", "#ffffff"), 2)
    (21.0, 4.48)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _written(parts: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in parts)


def mixed(colour: str, ground: str, amount: float) -> str:
    """Lay a colour thinly over a ground: 0 gives the ground, 1 the colour.

    Examples
    --------
    >>> mixed("#000000", "#ffffff", 0.2)
    '#cccccc'
    """
    one, other = _parts(colour), _parts(ground)
    red, green, blue = (o + (c - o) * amount for c, o in zip(one, other, strict=True))
    return _written((red, green, blue))


def soft(colour: str, scheme: dict[str, str]) -> str:
    """Give the ground of a callout in a colour."""
    return mixed(colour, scheme["paper"], 0.11)


def legible(colour: str, scheme: dict[str, str]) -> float:
    """Give the least contrast that a colour has with any ground of a scheme on which it is written."""
    return min(contrast(colour, ground) for ground in (scheme["paper"], scheme["card"], soft(colour, scheme)))


def nearest_legible(colour: str, scheme: dict[str, str], enough: float = ENOUGH) -> str:
    """Give the shade of a colour that is nearest to it and can be read on every ground of a scheme.

    Examples
    --------
    >>> nearest_legible("#0b5a63", LIGHT), nearest_legible("#ffcc00", LIGHT)
    ('#0b5a63', '#7f6600')
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    darker = _luminance(scheme["paper"]) > 0.5
    while legible(colour, scheme) < enough and lightness != (0.0 if darker else 1.0):
        lightness = min(max(lightness + (-0.01 if darker else 0.01), 0.0), 1.0)
        colour = _written(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


def for_dark(colour: str) -> str:
    """Give the shade of a colour for dark paper."""
    return nearest_legible(colour, DARK, _COMFORTABLE)


def scheme_css(scheme: dict[str, str], accent: str, second: str) -> str:
    """Write a scheme as custom properties of a style sheet."""
    own = {"accent": accent, "accent-soft": soft(accent, scheme), "warm": second, "warm-soft": soft(second, scheme)}
    return " ".join(f"--{name}: {value};" for name, value in {**scheme, **own}.items())
