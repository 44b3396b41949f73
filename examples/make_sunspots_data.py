"""Writes `sunspots.csv`, the data of `keras_lstm.py`, from statsmodels' copy: `pip install statsmodels` first."""

from __future__ import annotations

from pathlib import Path

from statsmodels.datasets import sunspots


def main() -> None:
    """Writes a line for each year from 1700 to 2008: the year, and the mean number of sunspots as the source has it."""
    data = sunspots.load_pandas().data
    path = Path(__file__).with_name("sunspots.csv")
    lines = [f"{year:.0f},{number:g}" for year, number in zip(data["YEAR"], data["SUNACTIVITY"])]
    path.write_text("\n".join(["year,sunspots", *lines, ""]), encoding="utf-8")
    print(f"{path}: {len(lines)} years, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
