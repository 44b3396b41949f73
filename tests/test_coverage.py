"""All functions of `keras.backend` of Keras 1.2.2, 2.2.4 and 2.3.1: that they are there, and what runs them."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections import Counter
from types import MappingProxyType
from typing import Any

import pytest
from conftest import ENGINES

import ktensor as kt
from ktensor import __main__ as cli
from ktensor import functional
from ktensor.coverage import Coverage, coverage, report
from ktensor.coverage.samples import SAMPLES
from ktensor.coverage.signatures import FUNCTIONS, VERSIONS
from ktensor.engines.base import get_engine
from ktensor.old_names import OLD

#: Functions that make no tensors, or none that an engine would compute.
PYTHON = {
    "backend", "batch_get_value", "batch_set_value", "clear_session", "control_dependencies", "count_params",
    "dtype", "eager", "epsilon", "eval", "floatx", "function", "get_graph", "get_session", "get_uid", "get_value",
    "get_variable_shape", "image_data_format", "image_dim_ordering", "int_shape", "is_explicit_shape",
    "is_keras_tensor", "is_placeholder", "is_sparse", "is_symbolic", "is_tensor", "is_variable", "learning_phase",
    "legacy_weight_ordering", "manual_variable_initialization", "name_scope", "ndim", "normalize_data_format",
    "reset_uids", "set_epsilon", "set_floatx", "set_image_data_format", "set_image_dim_ordering",
    "set_learning_phase", "set_legacy_weight_ordering", "set_session", "set_value", "symbolic",
    "v1_variable_initialization",
}  # fmt: skip

#: Where ktensor's parameters differ from Keras's: more may be left out.
OPTIONAL = {
    "clip": ("min_value", "max_value"),
    "resize_images": ("data_format",),
    "resize_volumes": ("data_format",),
    "squeeze": ("axis",),
    "function": ("name",),
}


@pytest.fixture(scope="module")
def found() -> dict[str, Coverage]:
    return {entry.name: entry for entry in coverage()}


def test_the_table_is_keras() -> None:
    assert len(FUNCTIONS) == 179
    counts = Counter(version for function in FUNCTIONS.values() for version in function.signatures)
    assert [counts[version] for version in VERSIONS] == [149, 162, 170]
    assert list(FUNCTIONS) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_function_is_there_with_kerass_parameters_and_defaults(name: str) -> None:
    assert name in functional.__all__
    ours = list(inspect.signature(getattr(functional, name)).parameters.values())
    renamed = OLD[name].words if name in OLD else {}
    for i, theirs in enumerate(FUNCTIONS[name].parameters()):
        if name == "function" and theirs.name == "kwargs":
            continue
        mine = ours[i]
        assert mine.name == theirs.name or renamed.get(theirs.name) == mine.name
        assert mine.kind is theirs.kind
        if theirs.name not in OPTIONAL.get(name, ()):
            assert mine.default == theirs.default, theirs.name
    for extra in ours[len(FUNCTIONS[name].parameters()) :]:
        assert extra.default is not extra.empty or extra.kind is extra.VAR_POSITIONAL or name == "function"


def test_all_names_that_keras_2_imports_are_exported() -> None:
    """By `keras/backend/__init__.py`, from whatever module is its backend."""
    newest = {name for name, function in FUNCTIONS.items() if "2.3.1" in function.signatures}
    assert newest <= set(functional.__all__)


def test_each_function_makes_something_or_is_known_to_make_nothing() -> None:
    assert set(SAMPLES) | PYTHON == set(FUNCTIONS)
    assert not set(SAMPLES) & PYTHON


def test_no_engine_refuses_anything(found: dict[str, Coverage]) -> None:
    for entry in found.values():
        for engine, kind in entry.by_engine.items():
            assert kind in ("lowered", "composed", "Python"), f"{entry.name} on {engine}"


@pytest.mark.skipif("numpy" not in ENGINES, reason="KTENSOR_TEST_ENGINES is without numpy")
def test_the_matrix_says_how_engines_run_functions(found: dict[str, Coverage]) -> None:
    kinds = {name: found[name].by_engine["numpy"] for name in ("exp", "mean", "conv2d", "rnn", "cast", "floatx")}
    assert kinds == {
        "exp": "lowered",
        "mean": "composed",
        "conv2d": "lowered",
        "rnn": "composed",
        "cast": "lowered",
        "floatx": "Python",
    }
    assert found["lesser"].versions == ("1.2.2",)
    assert found["size"].versions == ("2.3.1",)


def test_a_refusal_is_shown_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    numpy: Any = get_engine("numpy")
    without = {name: lower for name, lower in numpy.lowerings.items() if name != "conv"}
    monkeypatch.setattr(numpy, "lowerings", MappingProxyType(without), raising=False)
    monkeypatch.setattr(numpy, "refusals", {"conv": "it rains"}, raising=False)
    refused = {entry.name for entry in coverage() if entry.by_engine["numpy"] == "refused: it rains"}
    assert {"conv1d", "conv2d", "atrous_conv2d"} <= refused
    column = report()[0].index("numpy")
    assert [row[column] for row in report() if row[0] == "refused"] == [str(len(refused))]


def test_the_command_prints_the_matrix_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["coverage"]) == 0
    lines = [re.split(r" {2,}", line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:5] == ["function", "1.2.2", "2.2.4", "2.3.1", "numpy"]
    assert lines[1][:5] == ["abs", "x", "x", "x", "lowered"]
    totals = {line[0]: line[1:] for line in lines[181:]}
    assert totals["functions"][:4] == ["149", "162", "170", "179"]
    assert totals["refused"] == ["0"] * (len(lines[0]) - 4)
    numbers = [int(totals[kind][0]) for kind in ("lowered", "composed", "Python", "refused", "missing")]
    assert sum(numbers) == 179
    assert numbers[-1] == 0


@pytest.mark.slow
def test_the_command_runs_from_a_shell() -> None:
    command = [sys.executable, "-m", "ktensor", "coverage"]
    assert " lowered" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert kt.__version__
