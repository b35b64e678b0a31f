"""The charts of reports as Vega-Lite specifications. Colours are CSS variables of the page: dark, light and print differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

Spec = dict[str, Any]

LONG, SHORT, NET = "var(--long)", "var(--short)", "var(--net)"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_INK = {"labelColor": "var(--ink-soft)", "titleColor": "var(--ink-soft)", "labelFontSize": 12, "titleFontSize": 12}
_CONFIG: Spec = {
    "background": None,
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif",
    "view": {"stroke": None},
    "axis": {
        **_INK,
        "titleFontWeight": "normal",
        "gridColor": "var(--grid)",
        "domainColor": "var(--rule)",
        "tickColor": "var(--rule)",
        "labelOverlap": True,
        "labelSeparation": 8,
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
    "legend": {**_INK, "title": None, "orient": "top", "direction": "horizontal", "symbolStrokeWidth": 3, "offset": 6},
    "rule": {"color": "var(--rule)"},
    "text": {"color": "var(--ink-soft)", "fontSize": 12},
}
_LEGEND = {"symbolType": "square", "symbolStrokeWidth": 0}


def _whole(rows: pl.DataFrame, height: int, **parts: Any) -> Spec:
    spec = {"$schema": _SCHEMA, "width": "container", "height": height, "config": _CONFIG, "autosize": "fit-x"}
    data: Spec = {"values": values(rows)}
    if "date" in rows.columns:
        # An ISO date would be parsed as midnight UTC, which is the day before in America.
        data["format"] = {"parse": {"date": "date:'%Y-%m-%d'"}}
    return {**spec, "data": data, **parts}


def values(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as a specification has them: days as ISO dates, floats with no more digits than can be seen."""
    told = rows.with_columns(
        pl.selectors.date().dt.to_string("%Y-%m-%d"), pl.selectors.float().round_sig_figs(8).fill_nan(None)
    )
    return told.to_dicts()


def _colours(series: Mapping[str, tuple[str, str]]) -> Spec:
    """The scale with the colour of each title."""
    return {"domain": [title for title, _ in series.values()], "range": [colour for _, colour in series.values()]}


def _time(**parts: Any) -> Spec:
    axis = {"title": None, "format": "%b %Y", "tickCount": 6, "labelFlush": True}
    return {"field": "date", "type": "temporal", "axis": axis, **parts}


def _said(field: str, title: str, form: str | None = None) -> Spec:
    kind = "temporal" if field == "date" else "quantitative" if form else "nominal"
    return {"field": field, "type": kind, "title": title, "format": "%a %d %b %Y" if field == "date" else form or ""}


def lines(rows: pl.DataFrame, series: Mapping[str, tuple[str, str]], form: str) -> Spec:
    """Lines over `date`, given as column: (title, colour). Pointing at a session shows all values. `form` is a d3 format."""
    colour = _colours(series)
    drawn = [
        {
            "mark": {"type": "line", "strokeWidth": 1.8, "strokeDash": [] if n == 0 else [5, 2]},
            "encoding": {
                "y": {"field": name, "type": "quantitative", "scale": {"zero": False}, "axis": {"title": None, "format": form}},
                "color": {"datum": title, "scale": colour, "legend": {} if len(series) > 1 else None},
            },
        }
        for n, (name, (title, _)) in enumerate(series.items())
    ]  # fmt: skip
    told = [_said(name, title, ",.2f" if form.startswith(",") else form) for name, (title, _) in series.items()]
    return _whole(rows, 300, encoding={"x": _time()}, layer=[*drawn, _pointer(told)])


def area(rows: pl.DataFrame, name: str, title: str) -> Spec:
    """An area over `date`, in per cent, of values that are zero or less."""
    drawn = {
        "mark": {"type": "area", "color": SHORT, "opacity": 0.3, "line": {"color": SHORT, "strokeWidth": 1.4}},
        "encoding": {"y": {"field": name, "type": "quantitative", "axis": {"title": None, "format": ".0%"}}},
    }
    return _whole(rows, 200, encoding={"x": _time()}, layer=[drawn, _pointer([_said(name, title, ".2%")])])


def steps(rows: pl.DataFrame, name: str, title: str) -> Spec:
    """A stepped line over `date`, for values so large that the axis shows them with a unit."""
    drawn = {
        "mark": {"type": "line", "interpolate": "step-after", "color": NET, "strokeWidth": 1.6},
        "encoding": {
            "y": {
                "field": name,
                "type": "quantitative",
                "scale": {"zero": False},
                # d3 writes G for giga; people say bn.
                "axis": {"title": None, "format": ".4~s", "labelExpr": "replace(datum.label, 'G', 'bn')"},
            }
        },
    }
    return _whole(rows, 200, encoding={"x": _time()}, layer=[drawn, _pointer([_said(name, title, ",.2f")])])


def _pointer(told: Sequence[Spec]) -> Spec:
    """A vertical rule at the session nearest to the pointer, with a tooltip of its values."""
    nearest = {"type": "point", "encodings": ["x"], "nearest": True, "on": "pointerover", "clear": "pointerout"}
    return {
        "params": [{"name": "pointed", "select": nearest}],
        "mark": {"type": "rule", "strokeWidth": 1, "color": "var(--ink-soft)"},
        "encoding": {
            "opacity": {"condition": {"param": "pointed", "empty": False, "value": 0.6}, "value": 0},
            "tooltip": [_said("date", "Session"), *told],
        },
    }


def columns(rows: pl.DataFrame, by: str, series: Mapping[str, tuple[str, str]], form: str) -> Spec:
    """Vertical bars for each value of `by`, in the order given; several series share a place. `form` is a d3 format."""
    colour = _colours(series)
    drawn = [
        {
            "mark": {"type": "bar", "width": {"band": 0.55}},
            "encoding": {
                "y": {"field": name, "type": "quantitative", "axis": {"title": None, "format": form}},
                "color": {"datum": title, "scale": colour, "legend": _LEGEND if len(series) > 1 else None},
                "tooltip": [_said(by, by.capitalize()), _said(name, title, ".2%")],
            },
        }
        for name, (title, _) in series.items()
    ]
    x = {"field": by, "type": "nominal", "sort": None, "axis": {"title": None, "labelAngle": 0, "labelOverlap": True}}
    zero = {"data": {"values": [{}]}, "mark": "rule", "encoding": {"y": {"datum": 0}}}
    return _whole(rows, 220, layer=[{"encoding": {"x": x}, "layer": drawn}, zero])


def bars(rows: pl.DataFrame, by: str, series: Mapping[str, tuple[str, str]], form: str) -> Spec:
    """Horizontal bars for each value of `by`, in the order given; a series to the left is negative. `form` is a d3 format."""
    colour = _colours(series)
    whole = {"tickMinStep": 1} if form == "d" else {}
    drawn = [
        {
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "encoding": {
                "x": {
                    "field": name,
                    "type": "quantitative",
                    "axis": {"title": None, "format": form, "grid": True, "tickCount": 5, **whole},
                },
                "color": {"datum": title, "scale": colour, "legend": _LEGEND if len(series) > 1 else None},
                "tooltip": [_said(by, by.replace("_", " ").capitalize()), _said(name, title, "," if form == "d" else ".3%")],
            },
        }
        for name, (title, _) in series.items()
    ]  # fmt: skip
    y = {
        "field": by,
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": 170, "labelOverlap": False, "labelPadding": 6},
    }
    return _whole(rows, 24 * rows.height, encoding={"y": y}, layer=drawn)
