# Every target sets up what it needs: the virtual environment, Python packages and Qt's system libraries.
# PYTHON=... names the Python to use, ARGS=... is passed on to the program, LANGUAGE=... names a language to begin.

ARGS ?=
export PYTHON ?=
HAS_DISPLAY := $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(QT_QPA_PLATFORM),$(filter Darwin,$(shell uname -s)))

.PHONY: help run test fuzz formats lint bench messages clean environment libraries peers

help:
	@echo "make run    start the viewer, the first time on the bundled sample studies; ARGS='FILE...' opens others"
	@echo "make test   run all tests; ARGS='-k name' runs some"
	@echo "make fuzz   load damaged files for about a minute; ARGS='--seed 7 --cases 9000' loads others, and for longer"
	@echo "make formats  write the conformance table of docs/formats.md"
	@echo "make peers  install the programs that DICOM objects are checked with (Debian, Ubuntu)"
	@echo "make lint   ruff, mypy and the rules of who may import whom"
	@echo "make bench  measure: ratios within one run"
	@echo "make messages  collect the texts to translate and compile the catalogues; LANGUAGE=it begins another"
	@echo "make clean  remove the virtual environment and all caches of the tools"

run: environment libraries
ifeq ($(HAS_DISPLAY),)
	@.venv/bin/bsnet-viewer $(ARGS) || true
	@echo
	@echo "From this folder, for the bundled sample studies:"
	@echo
	@echo "    .venv/bin/bsnet-score resources/samples"
else
	@.venv/bin/bsnet-viewer $(ARGS)
endif

test: environment libraries
	@.venv/bin/python -m pytest $(ARGS)

fuzz: environment
	@.venv/bin/python -m tests.fuzz $(ARGS)

formats: environment
	@.venv/bin/python -m tests.conformance

lint: environment
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: environment libraries
	@.venv/bin/python -m benchmarks $(ARGS)

messages: environment
	@installer/messages.sh $(LANGUAGE)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@installer/virtual-environment.sh

libraries:
	@installer/system-libraries.sh

peers:
	@installer/peers.sh
