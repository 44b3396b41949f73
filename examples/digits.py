"""Learns to read handwritten digits: `python examples/digits.py [--engine numpy] [--epochs 20]`.

A network of one hidden layer is trained on four fifths of 1,797 digits and tested on the fifth that it has not seen.
The exit code is 1 if it reads fewer than 95 % of those.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

import ktensor as kt
from ktensor import functional as K


class Digits(NamedTuple):
    """Some digits: (n, 64) pixels from 0 to 1, and what they show."""

    pixels: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]

    def batches(self, size: int, random: np.random.Generator) -> Iterator[Digits]:
        """All digits once, in another order each time, `size` of them at a time; the last batch is smaller."""
        order = random.permutation(len(self.labels))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            yield Digits(self.pixels[chosen], self.labels[chosen])


def load(random: np.random.Generator) -> tuple[Digits, Digits]:
    """The digits to learn from, and the fifth that is held out."""
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        pixels = file["images"].reshape(-1, 64).astype(np.float32) / 16
        labels = file["labels"].astype(np.int64)
    held_out, rest = np.split(random.permutation(len(labels)), [len(labels) // 5])
    return Digits(pixels[rest], labels[rest]), Digits(pixels[held_out], labels[held_out])


B = TypeVar("B", bound=kt.Dim)
In = TypeVar("In", bound=kt.Dim)
Out = TypeVar("Out", bound=kt.Dim)


class Dense(Generic[In, Out]):
    """A layer in which every output sees every input, with random weights. Its sizes are part of its type."""

    def __init__(self, inputs: In, outputs: Out, scale: float, seed: int) -> None:
        self.kernel = K.random_normal_variable((inputs, outputs), mean=0, scale=scale, seed=seed, name="kernel")
        self.bias = K.zeros((outputs,), name="bias")

    def __call__(self, x: kt.Tensor[tuple[B, In], kt.float32]) -> kt.Tensor[tuple[B, Out], kt.float32]:
        return x.dot(self.kernel) + self.bias


def descend(
    loss: kt.Tensor[tuple[()], kt.float32], weights: Sequence[kt.Variable], rate: float, momentum: float
) -> list[kt.Tensor]:
    """The updates of stochastic gradient descent with momentum (Polyak 1964)."""
    updates = []
    for weight, gradient in zip(weights, kt.gradients(loss, weights)):
        velocity = kt.variable(np.zeros(weight.shape), name="velocity")
        step = momentum * velocity - rate * gradient
        updates += [velocity.assign(step), weight.assign_add(step)]
    return updates


def train(epochs: int) -> float:
    """Trains the network, prints a line for each epoch, and returns the accuracy on the digits held out."""
    random = np.random.default_rng(0)
    known, unseen = load(random)
    scale = (2 / 64) ** 0.5  # suits 64 inputs and `relu` (He et al. 2015)
    hidden, output = Dense(64, 64, scale, seed=1), Dense(64, 10, scale, seed=2)

    pixels, labels = kt.placeholder((None, 64), name="pixels"), kt.placeholder((None,), kt.int64, name="labels")
    probabilities = output(hidden(pixels).relu()).softmax()
    loss = labels.sparse_categorical_crossentropy(probabilities).mean()
    accuracy = (probabilities.argmax() == labels).mean()
    updates = descend(loss, [hidden.kernel, hidden.bias, output.kernel, output.bias], rate=0.05, momentum=0.9)

    step = kt.function([pixels, labels], [loss, accuracy], updates)
    test = kt.function([pixels, labels], accuracy)
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        seen = [step(batch) for batch in known.batches(32, random)]
        mean_loss, mean_accuracy = np.mean(seen, axis=0)
        seconds = time.perf_counter() - start
        print(
            f"epoch {epoch:2}/{epochs}  loss {mean_loss:.4f}  accuracy {mean_accuracy:.4f}  {seconds:.2f} s", flush=True
        )
    return float(test(unseen))


def main() -> int:
    """Reads the command line, trains and tests. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Learns to read handwritten digits.")
    parser.add_argument("--engine", help="numpy, tensorflow, theano, ...; by default the one in force")
    parser.add_argument("--epochs", type=int, default=20, help="how often to see all digits (default: %(default)s)")
    arguments = parser.parse_args()
    with kt.config(engine=arguments.engine):
        accuracy = train(arguments.epochs)
    print(f"held-out accuracy: {accuracy:.2%}")
    return 0 if accuracy >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
