# make demo    the tour and the digits on NumPy alone
# make test    everything that must hold: ruff, mypy, pytest on all engines and with Keras 2, and once more on NumPy 2
# make bench   measures ktensor against its rivals, for half an hour, and writes benchmarks/RESULTS.md and GROWTH.md
# make format  lets ruff put the code into shape
# make clean   removes the virtual environments and caches
#
# Each command makes the virtual environments that it needs, once, and again when pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test bench format clean

# The settings of whoever runs this are not ours.
export KERAS_HOME := $(CURDIR)/.venv/keras
unexport KERAS_BACKEND KTENSOR_ENGINE KTENSOR_TEST_ENGINES
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NEWEST := python3 python3.13 python3.12 python3.11 python3.10
# The versions of Keras 2 that are tested; the tests find the first.
KERAS := 2.3.1 2.2.4
# Pytest's default leaves out what is slow.
PYTEST := -q --numprocesses auto -m 'slow or not slow'
# Keras changes settings of the whole process, so its tests run in processes of their own.
WITH_KERAS := tests/with_keras
WITHOUT_KERAS := --ignore $(WITH_KERAS)

demo: .venv-demo/installed
	.venv-demo/bin/python -m ktensor tour --engine numpy
	KTENSOR_ENGINE=numpy .venv-demo/bin/python examples/digits.py

test: export KTENSOR_KERAS := $(CURDIR)/.venv-keras/$(firstword $(KERAS))
test: .venv/installed .venv-numpy2/installed .venv-keras/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	KTENSOR_TEST_ENGINES=$$(cat .venv/installed) .venv/bin/pytest $(PYTEST) $(WITHOUT_KERAS)
	KTENSOR_TEST_ENGINES=$$(cat .venv-numpy2/installed) .venv-numpy2/bin/pytest $(PYTEST) $(WITHOUT_KERAS)
	KTENSOR_TEST_ENGINES=$$(cat .venv/installed) .venv/bin/pytest $(PYTEST) $(WITH_KERAS)
	KTENSOR_TEST_ENGINES=numpy .venv-numpy2/bin/pytest $(PYTEST) $(WITH_KERAS)
	KTENSOR_KERAS=.venv-keras/2.2.4 .venv/bin/pytest $(PYTEST) $(WITH_KERAS)/test_any_version.py

# Before: apt-get install python3-torch, and KTENSOR_KERAS_RIVAL (benchmarks/keras_fit.py), for rivals that pip has not.
bench: .venv-bench/installed
	.venv-bench/bin/python -m benchmarks --write
	.venv-bench/bin/python -m benchmarks.growth

format: .venv/installed
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean:
	rm -rf .venv .venv-numpy2 .venv-bench .venv-demo .venv-keras .mypy_cache .pytest_cache .ruff_cache .hypothesis

# An `installed` file says that its environment is complete, and which engines the tests find there.

.venv-demo/installed: pyproject.toml
	@python=$$(.ci/find-python 3.10 4.0 $(NEWEST)) || { echo "ktensor needs Python 3.10 or newer, with venv"; exit 1; }; \
	echo "$@: $$python with NumPy"; \
	$$python -m venv --clear $(@D)
	@$(@D)/bin/pip install -qq --editable .
	@echo numpy > $@

# Theano 1.0.5 needs Python 3.10 or 3.11.
.venv/installed: pyproject.toml
	@engines=numpy,tensorflow,theano; \
	python=$$(.ci/find-python 3.10 3.12 python3.11 python3.10 python3) || { \
	    echo "*** No Python 3.10 or 3.11 here: ktensor is tested WITHOUT THEANO."; \
	    engines=numpy,tensorflow; \
	    python=$$(.ci/find-python 3.10 4.0 $(NEWEST)) || { echo "ktensor needs Python 3.10 or newer, with venv"; exit 1; }; \
	}; \
	echo "$@: $$python with $$engines and tools; this takes some minutes"; \
	$$python -m venv --clear $(@D); \
	case $$engines in *theano) .ci/theano-libraries $$python;; esac; \
	$(@D)/bin/pip install -qq --editable '.[all,dev]'; \
	echo $$engines > $@

# All rivals in one environment, so that they run in one process. JAX 0.7.1 is the last that runs on NumPy 1.
.venv-bench/installed: pyproject.toml
	@python=$$(.ci/find-python 3.10 3.12 python3.11 python3.10 python3) || { echo "the benchmarks need Python 3.10 or 3.11, with venv"; exit 1; }; \
	echo "$@: $$python with all engines and rivals; this takes some minutes"; \
	$$python -m venv --clear $(@D); \
	.ci/theano-libraries $$python
	@$(@D)/bin/pip install -qq --editable '.[all]' 'numpy<2' numexpr 'jax<0.7.2' matplotlib h5py pyyaml six
	@echo numpy,tensorflow,theano > $@

.venv-numpy2/installed: pyproject.toml
	@python=$$(.ci/find-python 3.10 4.0 python3.11 python3.10 $(NEWEST)) || { echo "ktensor needs Python 3.10 or newer, with venv"; exit 1; }; \
	echo "$@: $$python with NumPy 2 and TensorFlow; this takes some minutes"; \
	$$python -m venv --clear $(@D)
	@$(@D)/bin/pip install -qq --editable '.[tensorflow,sparse,test]' 'numpy>=2' h5py pyyaml six scikit-learn Pillow
	@echo numpy,tensorflow > $@

# Each version of Keras in a folder of its own, which KTENSOR_KERAS names: the environments have Keras 3, TensorFlow's.
.venv-keras/installed: Makefile | .venv/installed
	@echo "$@: Keras $(KERAS)"
	@rm -rf $(@D)
	@for version in $(KERAS); do \
	    .venv/bin/pip install -qq --no-deps --target $(@D)/$$version \
	        keras==$$version keras_applications==1.0.8 keras_preprocessing==1.1.2; \
	done
	@echo $(KERAS) > $@
