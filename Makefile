# Every command sets up what it needs: .venv (pinned packages) and .tools (Prometheus' programs).

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
RUN := .venv/run.stamp
RULES_ONLY := .venv/rules.stamp
DEV := .venv/dev.stamp

# Ports and choices of the stack; `python -m stack demo --help` tells their defaults and meaning.
PORTS := EXPORTER_PORT CONTROL_PORT REPLICA_PORT REPLICA_CONTROL_PORT PROMETHEUS_PORT \
	ALERTMANAGER_PORT PAGER_PORT
option = --$(subst _,-,$(shell echo $(1) | tr A-Z a-z)) "$($(1))"
given = $(foreach name,$(1),$(if $($(name)),$(call option,$(name))))

# A configuration other than the contract's: monitoring.yaml, where there is one, or any file.
CONFIG ?= $(wildcard monitoring.yaml)
config = $(if $(CONFIG),--config '$(CONFIG)')
# The tests that are derived from a configuration; the others state the contract's values.
CONFIGURED := rules_tests/test_configured.py tests/delivery/test_configured.py

.DEFAULT_GOAL := help
.PHONY: help demo smoke up status down up-compose down-compose build check config splice diff sync grafana-reload preview lint format types test test-e2e test-engines test-docker test-rules mutants fleets release tools docs bench bench-exporter lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(RUN) ## Rehearse three incidents from onset to resolved, 7 minutes (SCENARIO=, SPEED=, *_PORT=)
	@$(VENV_PYTHON) -m stack demo $(call given,$(PORTS) SCENARIO SPEED)

smoke: $(RUN) ## The same stack until every series and rule is seen to work (SCENARIO=, RULES=, *_PORT=)
	@$(VENV_PYTHON) -m stack smoke $(call given,$(PORTS) SCENARIO SPEED RULES)

up: $(RUN) ## The same stack to play with, running until Ctrl-C or `make down`
	@$(VENV_PYTHON) -m stack up $(call given,$(PORTS) SCENARIO SPEED RULES)

status: $(RUN) ## Tell whether the stack of `make up` runs, and where its parts answer
	@$(VENV_PYTHON) -m stack status

down: $(RUN) ## Stop the stack of `make up`, and what a killed one left
	@$(VENV_PYTHON) -m stack down

up-compose: ## The whole chain in containers, with Alertmanager and Grafana (needs Docker; *_PORT=)
	@$(PYTHON) -m tools.compose up

down-compose: ## Stop the containers of `make up-compose` (VOLUMES=yes removes their data)
	@$(PYTHON) -m tools.compose down $(if $(VOLUMES),--volumes)

build: $(RUN) ## Write the generated files below cluster/ (CONFIG=monitoring.yaml)
	@$(VENV_PYTHON) -m delivery build $(config)

check: $(RUN) ## Fail where the generated files are not what the code builds
	@$(VENV_PYTHON) -m delivery check $(config)

config: $(RUN) ## Print the configuration, each key with its meaning: the start of a monitoring.yaml
	@$(VENV_PYTHON) -m delivery config $(config)

splice: $(RUN) ## Put our row into a dashboard of yours, or renew it there (INTO=path/to/it.json)
	@$(VENV_PYTHON) -m delivery splice $(config) '$(or $(INTO),$(error splice: name your dashboard file, INTO=path/to/it.json))'

diff: $(RUN) ## Tell what a running Prometheus, Alertmanager, Grafana has otherwise than cluster/ (PROMETHEUS_URL, ...)
	@$(VENV_PYTHON) -m sync diff

sync: $(RUN) ## Apply cluster/ to them as far as an API can, and compare again; deletes nothing
	@$(VENV_PYTHON) -m sync sync

grafana-reload: $(RUN) ## Have Grafana read its provisioning files again (GRAFANA_URL, GRAFANA_USER, GRAFANA_PASSWORD)
	@$(VENV_PYTHON) -m sync grafana-reload

preview: $(DEV) ## Draw the dashboard from a replayed history, as a page and a picture (SHOW=token-spike)
	@$(VENV_PYTHON) -m preview $(if $(SHOW),--scenario '$(SHOW)')

test: $(DEV) ## Run all tests that do not take minutes each; with CONFIG=, those of its values
	@$(if $(CONFIG),MONITORING_CONFIG='$(CONFIG)') $(VENV_PYTHON) -m pytest $(if $(CONFIG),$(CONFIGURED))

test-e2e: $(DEV) ## Run incidents to the pager, through Prometheus and through VictoriaMetrics (15 minutes)
	@$(VENV_PYTHON) -m pytest -m e2e

test-engines: $(DEV) ## Run the rules' tests on Prometheus 2.42, 2.53, 3.5 and vmalert (fetches them; some minutes)
	@$(VENV_PYTHON) -m rules_tests.engines

test-docker: $(DEV) ## Build the exporter's image, and test the containers together (needs Docker)
	@$(PYTHON) -m tools.compose check
	@$(VENV_PYTHON) -m pytest -m docker

test-rules: $(RULES_ONLY) ## Run promtool tests of anyone, each by itself (FILES='path/*_test.yaml')
	@$(VENV_PYTHON) -m rules_tests $(foreach file,$(or $(FILES),$(error test-rules: \
		name test files or patterns of them, FILES='path/*_test.yaml')),'$(file)')

mutants: $(DEV) ## Put faults into the rules, one at a time; fail where no promtool test tells (ONLY=)
	@$(VENV_PYTHON) -m rules_tests.mutants $(if $(ONLY),--only '$(ONLY)')

fleets: $(DEV) ## Judge our rules, and others, by random fleets whose events are known (SEEDS=0-99, KIND=)
	@$(VENV_PYTHON) -m rules_tests.fleets $(if $(SEEDS),--seeds '$(SEEDS)') $(if $(KIND),--kind '$(KIND)')

lint: $(DEV) ## Check style
	@$(VENV_PYTHON) -m ruff check
	@$(VENV_PYTHON) -m ruff format --check

format: $(DEV) ## Mend style
	@$(VENV_PYTHON) -m ruff check --fix
	@$(VENV_PYTHON) -m ruff format

types: $(DEV) ## Check types
	@$(VENV_PYTHON) -m mypy

release: check ## Write dist/: a tarball of the committed cluster/, its checksum and its notes (TAG=v1.2.3)
	@$(PYTHON) -m tools.release $(if $(TAG),--tag "$$TAG")

tools: $(RUN) ## Find or fetch promtool, prometheus, alertmanager, amtool, and list them
	@$(VENV_PYTHON) -m tools.locate

lock: ## Pin the dependencies of pyproject.toml anew, with hashes
	@$(PYTHON) -m tools.bootstrap lock
	@for group in run exporter dev rules lock; do \
		.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--custom-compile-command "make lock" --group $$group --output-file requirements/$$group.txt \
			|| exit 1; \
	done

docs: $(DEV) ## Write docs/alerts.md and its pictures from what the rules do
	@$(VENV_PYTHON) -m rules_tests.report write

bench: $(DEV) ## Count the samples that the rules read, ours and plain ones (a report; some minutes)
	@$(VENV_PYTHON) -m rules_tests.bench

bench-exporter: $(DEV) ## Measure the exporter beside bare psycopg and prometheus_client (a report; a minute)
	@$(VENV_PYTHON) -m tests.exporter_stub.bench

clean: ## Remove everything that was fetched or is run-time data
	@rm -rf .venv .tools .data dist .mypy_cache .pytest_cache .ruff_cache

$(RUN): requirements/run.txt tools/bootstrap.py
	@$(call setup,run)

$(DEV): requirements/dev.txt tools/bootstrap.py
	@$(call setup,dev)

$(RULES_ONLY): requirements/rules.txt tools/bootstrap.py
	@$(call setup,rules)

# The stamp is written last: an interrupted set-up is done again.
setup = command -v $(PYTHON) >/dev/null || \
	{ echo "setup: $(PYTHON) is not on PATH: install Python 3.11 or later" >&2; exit 1; }; \
	$(PYTHON) -m tools.bootstrap $(1) && touch $@
