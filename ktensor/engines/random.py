"""Random numbers, for engines that have none of their own, or none that would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..graph import Node
    from ..streams import Stream

__all__ = ["draw"]


def draw(node: Node, *vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What a node of the op `draw` draws, by NumPy. Sizes that are not all known are in the vector."""
    stream: Stream = node.attrs["stream"]
    shape = vector[0].tolist() if vector else node.attrs["shape"]
    return stream.draw(node.attrs["kind"], shape, node.dtype.dtype)
