"""What `print_tensor` prints, whichever engine computes it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..graph import Node

__all__ = ["print_tensor", "show"]


def show(message: str, value: Any) -> None:
    """Prints an array after the message."""
    text = f"{message} {value}" if message else f"{value}"
    sys.stdout.write(f"{text}\n")


def print_tensor(node: Node, x: Any) -> Any:
    """Prints an array, and gives it back."""
    show(node.attrs["message"], x)
    return x
