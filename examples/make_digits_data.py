"""Writes `digits.npz`, the data of `digits.py`, from scikit-learn's copy of them: `pip install scikit-learn` first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits


def main() -> None:
    """Writes the images (1797, 8, 8), whose pixels are whole numbers from 0 to 16, and their labels, as uint8."""
    digits = load_digits()
    path = Path(__file__).with_name("digits.npz")
    np.savez_compressed(path, images=digits.images.astype(np.uint8), labels=digits.target.astype(np.uint8))
    print(f"{path}: {len(digits.target)} digits, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
