# Every target is one line in `make help`; the work is done in tools/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSIONS := tests/versions
TESTS := PYTHONPATH=tools:tests:boards/unix $(BIN)/python tests
BENCH := $(TESTS)/bench
# The npm builds of MicroPython, where there is Node.js.
NPM_BUILDS := $(if $(shell command -v npm),$(VERSIONS)/node_modules/ready)
COMMA := ,
PYTEST := $(BIN)/pytest -n auto --dist loadscope
# The power cuts of one scenario.
CUT := tests/crash/test_single_cuts.py::test_update_ends_as_it_must_after_any_cut
CUTS := $(foreach chunk,0 1 2 3 4 5 6 7,'$(CUT)[nvs-$(chunk)]')

.DEFAULT_GOAL := help
.PHONY: help setup demo play readme test test-fast test-versions conformance conformance-restore lint format size ram bench bench-upload bench-page bench-polls bench-rollout bench-signature bench-delta mutants crash fuzz fuzz-deltas soak clean flash install firmware dist emulator test-board

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1@\2/p' $(MAKEFILE_LIST) | awk -F@ '{ printf "%-20s %s\n", $$1, $$2 }'

setup: $(VENV)/ready  ## install the pinned host tools into .venv

$(VENV)/ready: pyproject.toml tools/setup.sh tools/constraints.txt
	@PYTHON=$(PYTHON) sh tools/setup.sh

demo: setup  ## four whole updates on this computer; FIRMWARE=path.app-bin takes that image
	@$(BIN)/python tools/demo.py $(if $(FIRMWARE),--firmware "$(FIRMWARE)")

play: setup  ## a server with its page and three simulated boards to play with: PORT=8080
	@$(BIN)/python tools/play.py $(if $(PORT),--port $(PORT))

readme: setup  ## write the transcript of the demo into README.md
	@$(BIN)/python tools/readme.py

test: setup $(NPM_BUILDS)  ## all tests; device tests on CPython, MicroPython's unix port and, with Node.js, older ones
	@$(PYTEST) --interpreters=cpython,unix$(if $(NPM_BUILDS),$(COMMA)versions) $(ARGS)

test-fast: setup  ## what a change usually needs, in under two minutes
	@$(PYTEST) -m "not slow" tests/device $(CUTS) tests/tools/api tests/tools/cli tests/tools/serve $(ARGS)

test-versions: setup $(VERSIONS)/node_modules/ready  ## device tests on MicroPython 1.23 to 1.29, 32 bit (needs Node.js)
	@$(PYTEST) --interpreters=versions tests/device $(ARGS)

conformance: setup  ## scenarios on `rollouts serve` and on hawkBit: HAWKBIT_URL=, HAWKBIT_JAR= or Maven's; ALLOW_CONFIG=1
	@HAWKBIT_URL="$(HAWKBIT_URL)" HAWKBIT_JAR="$(HAWKBIT_JAR)" ALLOW_CONFIG="$(ALLOW_CONFIG)" \
		$(BIN)/pytest tests/conformance --conformance -q $(ARGS)

conformance-restore: setup  ## put the tenant's configuration back after a killed `make conformance`
	@$(BIN)/python tests/conformance/tenant.py

lint: setup  ## ruff, import-linter, mypy, package.json, examples, words
	@$(BIN)/python tools/lint.py

format: setup  ## ruff format, and package.json lists every module of lib
	@$(BIN)/python tools/lint.py --fix

size: setup  ## .mpy size of each module against its budget
	@$(BIN)/python tools/size.py

ram: setup $(NPM_BUILDS)  ## smallest heap for a whole update, cost of imports [MICROPYTHON=a unix port of yours]
	@MICROPYTHON="$(MICROPYTHON)" $(BENCH)/ram.py

bench: setup  ## download loop against a bare readinto, sha256, write loop
	@$(BENCH)/download.py $(ARGS)

bench-upload: setup  ## upload of 256 MB by `rollouts` against curl, and its memory
	@$(BENCH)/upload.py $(ARGS)

bench-page: setup  ## how long the page takes to show 500 targets and 200 sets, in Chromium
	@$(BENCH)/page.py $(ARGS)

bench-polls: setup  ## what a poll costs `rollouts serve`, with 1,000 devices
	@$(BENCH)/polls.py $(ARGS)

bench-rollout: setup  ## a rollout over 10,000 targets on `rollouts serve`, step by step
	@$(BENCH)/rollout.py $(ARGS)

bench-signature: setup  ## checking a signed release: time and heap
	@$(BENCH)/signature.py $(ARGS)

mutants: setup  ## does a test fail when the library is wrong? MODULE="action trial" ARGS="--sample 50"
	@PYTHONPATH=tests:tools $(BIN)/python -m mutants $(MODULE) $(ARGS)

crash: setup  ## pairs of power cuts in one update: PAIRS=1000 SEED=1
	@$(TESTS)/crash/pairs.py $(if $(PAIRS),--pairs $(PAIRS)) $(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: setup  ## wrong answers to the library: CASES=200000 SEED=2
	@$(TESTS)/fuzz/many.py $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED))

fuzz-deltas: setup  ## damaged deltas: CASES=20000 SEED=2
	@$(TESTS)/fuzz/many.py delta_cases.py $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED))

bench-delta: setup  ## size of deltas; a whole update by one and by the full image: bytes, time
	@$(BENCH)/delta.py $(ARGS)

soak: setup  ## 5,000 cycles on the unix port in the smallest heap and 8 KiB: CYCLES=5000
	@$(BENCH)/soak.py $(if $(CYCLES),--cycles $(CYCLES))

test-board: setup  ## the device tests on a board that has the library: PORT=/dev/ttyUSB0
	@PORT="$(PORT)" $(BIN)/pytest tests/device --interpreters=board -n0 -v $(ARGS)

emulator: setup  ## real firmware in an emulated ESP32, S3 or C3: QEMU=qemu-system-xtensa[:another] FIRMWARE=firmware.bin KILLS=200 SEED=1
	@QEMU="$(QEMU)" FIRMWARE="$(FIRMWARE)" KILLS="$(KILLS)" SEED="$(SEED)" $(BIN)/pytest tests/emulator -n0 -v $(ARGS)

flash: setup  ## MicroPython with two OTA slots onto a chip: PORT=/dev/ttyUSB0 FIRMWARE=firmware.bin [ERASE_FILES=1]
	@$(BIN)/python tools/flash.py --port "$(PORT)" --firmware "$(FIRMWARE)" $(if $(ERASE_FILES),--erase-files)

install: setup  ## the library, boot.py, main.py and config.py onto that board: PORT=/dev/ttyUSB0
	@$(BIN)/python tools/install.py --port "$(PORT)"

firmware: setup  ## MicroPython with the library frozen: BOARD= MPY_DIR= [IDF_PATH=] [VARIANT=] [VERSION=] [MANIFEST=]
	@$(BIN)/python tools/firmware.py --board "$(BOARD)" --micropython "$(MPY_DIR)" --idf "$(IDF_PATH)" \
		--variant "$(VARIANT)" --version "$(VERSION)" --manifest "$(MANIFEST)"

dist: setup  ## what a release has, into dist/: the library as .py and .mpy, host tools, checksums
	@$(BIN)/python tools/dist.py

$(VERSIONS)/node_modules/ready: $(VERSIONS)/package-lock.json
	@cd $(VERSIONS) && npm ci --silent
	@touch $@

clean:  ## remove what was made, but .venv
	@rm -rf build dist $(VERSIONS)/node_modules .pytest_cache .ruff_cache
	@find . -name __pycache__ -not -path './$(VENV)/*' -exec rm -rf {} +
