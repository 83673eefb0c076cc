# Every command sets up what it needs: .venv (pinned packages) and .tools (Prometheus' programs).

PYTHON ?= python3
# The shell becomes Python, so that a signal that ends make ends Python too, not the shell alone.
VENV_PYTHON := exec .venv/bin/python
RUN := .venv/run.stamp
RULES_ONLY := .venv/rules.stamp
DEV := .venv/dev.stamp
# A cache that would be in the user's home.
export UV_CACHE_DIR := $(CURDIR)/.tools/uv

# Ports and choices of the stack; `python -m stack demo --help` tells their defaults and meaning.
PORTS := EXPORTER_PORT CONTROL_PORT REPLICA_PORT REPLICA_CONTROL_PORT PROMETHEUS_PORT \
	ALERTMANAGER_PORT PAGE_PORT PORT_OFFSET
FAULT := FOR SHARE COMPONENT PROVIDER MODEL FACTOR DELAY
option = --$(subst _,-,$(shell echo $(1) | tr A-Z a-z))="$($(1))"
open = $(if $(OPEN),--open)
full = $(if $(FULL),--full)
given = $(foreach name,$(1),$(if $($(name)),$(call option,$(name))))

# A configuration other than the contract's: monitoring.yaml, where there is one, or any file.
CONFIG ?= $(wildcard monitoring.yaml)
config = $(if $(CONFIG),--config '$(CONFIG)')
# The tests that are derived from a configuration; the others state the contract's values.
CONFIGURED := rules_tests/test_configured.py tests/delivery/test_configured.py

# Three at once, since some wait for what they started; those that share what is dear stay together.
PYTEST := $(VENV_PYTHON) -m pytest -n 3 --dist loadgroup

COMPOSE := docker compose --file cluster/docker-compose.yml
docker = { docker version && docker compose version; } >/dev/null || { echo "$@: needs Docker with its \
	compose plugin, and an engine that answers (DOCKER_HOST names another)" >&2; exit 1; }

# An older Python could not read our modules and say so itself.
new_enough = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "setup: \
	$(PYTHON) is missing, or older than 3.11: install Python 3.11 or later, or name one that is there, \
	PYTHON=python3.12" >&2; exit 1; }

.DEFAULT_GOAL := help
# Each target that users call has its help behind ##, below the name of its group.
.PHONY: help $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' $(firstword $(MAKEFILE_LIST)))

help:
	@awk -F ':.*## ' '/^#@ / { print "\n" substr($$0, 4) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

#@ Begin here
demo: $(RUN) ## Rehearse incidents to the pager, with a page to look at, 2 minutes (OPEN=yes, FULL=yes)
	@$(VENV_PYTHON) -m stack demo $(call given,$(PORTS) SCENARIO SPEED) $(config) $(full) $(open)

up: $(RUN) ## The same stack to play with, until Ctrl-C or `make down` (OPEN=yes, PORT_OFFSET=100)
	@$(VENV_PYTHON) -m stack up $(call given,$(PORTS) SCENARIO SPEED RULES) $(config) $(open)

preview: $(DEV) ## The same page on a replayed history (SCENARIO=token-spike, PICTURE=docs/dashboard.png, OPEN=yes)
	@$(VENV_PYTHON) -m stack preview $(call given,$(PORTS) SCENARIO PICTURE) $(config) $(open)

build: $(RUN) ## Write the generated files below cluster/ (CONFIG=monitoring.yaml)
	@$(VENV_PYTHON) -m delivery build $(config)

test: $(DEV) ## Run all tests that do not take minutes each; with monitoring.yaml those of its values
	@$(if $(CONFIG),echo "test: $(CONFIG) has values of its own: running the tests that follow from them (docs/configuration.md)")
	@$(if $(CONFIG),export MONITORING_CONFIG='$(CONFIG)';) $(PYTEST) $(if $(CONFIG),$(CONFIGURED))

#@ The stack that runs
fault: $(RUN) ## Begin a fault on the stack that runs (NAME=token-spike MODEL=gpt-4o FOR=2m)
	@$(VENV_PYTHON) -m stack fault '$(or $(NAME),$(error fault: name one, NAME=token-spike))' $(call given,$(FAULT))

faults: $(RUN) ## Tell which faults are on (END=yes ends those of `make fault`)
	@$(VENV_PYTHON) -m stack fault $(if $(END),--clear,--list)

status: $(RUN) ## Tell whether the stack of `make up` runs, and where its parts answer
	@$(VENV_PYTHON) -m stack status

down: $(RUN) ## Stop the stack of `make up` or `make demo` that runs, and what a killed one left
	@$(VENV_PYTHON) -m stack down

smoke: $(RUN) ## The same stack until every series and rule is seen to work (SCENARIO=, RULES=, *_PORT=)
	@$(VENV_PYTHON) -m stack smoke $(call given,$(PORTS) SCENARIO SPEED RULES) $(config)

up-compose: ## The whole chain in containers, with Alertmanager and Grafana (needs Docker; *_PORT=)
	@$(docker)
	@umask 077; touch cluster/.env; chmod 600 cluster/.env; \
		for name in POSTGRES_PASSWORD GRAFANA_PASSWORD; do \
			grep -q "^$$name=." cluster/.env || printf '\n%s=%s\n' $$name \
				"$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >> cluster/.env; \
		done  # in lines of their own, below what the user has written
	@$(COMPOSE) up --detach --build --wait || \
		{ echo "up-compose: \`$(COMPOSE) logs\` tells what each container said" >&2; exit 1; }
	@$(COMPOSE) ps --format 'table {{.Service}}\t{{.Ports}}'
	@echo "Grafana's user is admin, its password is GRAFANA_PASSWORD in cluster/.env"

down-compose: ## Stop the containers of `make up-compose` (VOLUMES=yes removes their data)
	@$(docker)
	@POSTGRES_PASSWORD=unset GRAFANA_PASSWORD=unset \
		$(COMPOSE) down --remove-orphans $(if $(VOLUMES),--volumes)

#@ Your values, dashboards, rules and servers
config: $(RUN) ## Write monitoring.yaml, all keys with their values and meaning (OUT=other.yaml; OUT=- prints)
	@$(VENV_PYTHON) -m delivery config $(config) --out '$(or $(OUT),monitoring.yaml)'

check: $(RUN) ## Fail where the generated files are not what the code builds
	@$(VENV_PYTHON) -m delivery check $(config)

splice: $(RUN) ## Put our row into a dashboard of yours, or renew it there (INTO=path/to/it.json)
	@$(VENV_PYTHON) -m delivery splice $(config) '$(or $(INTO),$(error splice: name your dashboard file, INTO=path/to/it.json))'

diff: $(RUN) ## Tell what a running Prometheus, Alertmanager, Grafana has otherwise than cluster/ (PROMETHEUS_URL, ...)
	@$(VENV_PYTHON) -m sync diff

sync: $(RUN) ## Apply cluster/ to them as far as an API can, and compare again; deletes nothing
	@$(VENV_PYTHON) -m sync sync

grafana-reload: $(RUN) ## Have Grafana read its provisioning files again (GRAFANA_URL, GRAFANA_USER, GRAFANA_PASSWORD)
	@$(VENV_PYTHON) -m sync grafana-reload

test-rules: $(RULES_ONLY) ## Run promtool tests of anyone, each by itself (FILES='path/*_test.yaml')
	@$(VENV_PYTHON) -m rules_tests $(foreach file,$(or $(FILES),$(error test-rules: \
		name test files or patterns of them, FILES='path/*_test.yaml')),'$(file)')

#@ Development
lint: $(DEV) ## Check style
	@$(VENV_PYTHON) -m ruff check
	@$(VENV_PYTHON) -m ruff format --check

format: $(DEV) ## Mend style
	@$(VENV_PYTHON) -m ruff check --fix
	@$(VENV_PYTHON) -m ruff format

types: $(DEV) ## Check types
	@$(VENV_PYTHON) -m mypy

test-e2e: $(DEV) ## Run incidents to the pager, through Prometheus and through VictoriaMetrics (15 minutes)
	@$(VENV_PYTHON) -m pytest -m e2e

test-engines: $(DEV) ## Run the rules' tests on Prometheus 2.42, 2.53, 3.5 and vmalert (fetches them; some minutes)
	@$(VENV_PYTHON) -m rules_tests.engines

test-docker: $(DEV) ## Build the exporter's image, and test the containers together (needs Docker)
	@$(docker)
	@$(VENV_PYTHON) -m pytest -m docker

mutants: $(DEV) ## Put faults into the rules, one at a time; fail where no promtool test tells (ONLY=, ALL=yes)
	@$(VENV_PYTHON) -m rules_tests.mutants $(if $(ONLY),--only '$(ONLY)') $(if $(ALL),--all)

fleets: $(DEV) ## Judge our rules, and others, by random fleets whose events are known (SEEDS=0-99, KIND=)
	@$(VENV_PYTHON) -m rules_tests.fleets $(if $(SEEDS),--seeds '$(SEEDS)') $(if $(KIND),--kind '$(KIND)')

docs: $(DEV) ## Write docs/alerts.md from what the rules do
	@$(VENV_PYTHON) -m rules_tests.report

bench: $(DEV) ## Count the samples that the rules read, ours and plain ones (a report; some minutes)
	@$(VENV_PYTHON) -m rules_tests.bench

bench-exporter: $(DEV) ## Measure the exporter's writes beside bare psycopg, and its scrapes (some minutes)
	@$(VENV_PYTHON) -m tests.exporter_stub.bench

tools: $(RUN) ## Find or fetch promtool, prometheus, alertmanager, amtool, and list them
	@$(VENV_PYTHON) -m tools.locate

lock: ## Pin the dependencies of pyproject.toml anew, with hashes
	@$(new_enough)
	@$(PYTHON) -m tools.bootstrap lock
	@for group in run exporter dev rules lock; do \
		.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--custom-compile-command "make lock" --group $$group --output-file requirements/$$group.txt \
			|| exit 1; \
	done

release: check ## Write dist/: a tarball of the committed cluster/, its checksum and its notes (TAG=v1.2.3)
	@$(VENV_PYTHON) -m delivery release $(if $(TAG),--tag "$$TAG")

clean: ## Remove everything that was fetched or is run-time data
	@.venv/bin/python -m stack status >/dev/null 2>&1; case $$? in 0|4) \
		echo "clean: a stack runs here, or a killed one is left: make down ends it" >&2; exit 1;; esac
	@rm -rf .venv .tools .data dist .dist-* .mypy_cache .pytest_cache .ruff_cache

$(RUN): requirements/run.txt tools/bootstrap.py
	$(call setup,run)

$(DEV): requirements/dev.txt tools/bootstrap.py
	$(call setup,dev)
	@touch $(RUN) $(RULES_ONLY)  # it has their packages as well, by the same pins

$(RULES_ONLY): requirements/rules.txt tools/bootstrap.py
	$(call setup,rules)

# The stamp is written last: an interrupted set-up is done again.
define setup
@$(new_enough)
@exec $(PYTHON) -m tools.bootstrap $(1)
@touch $@
endef
