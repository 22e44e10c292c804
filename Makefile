# What people run here. `make help` lists it.
NODE_BIN := $(shell sandbox/node.sh)
ifeq ($(NODE_BIN),)
$(error no Node to run with)
endif
export PATH := $(NODE_BIN):$(PATH)

SANDBOX := npm run --silent sandbox --
# npm writes this file last, so an install that was interrupted is done again.
DEPS := node_modules/.package-lock.json

.PHONY: help up down status shell test test-unit test-graph test-plugins test-lifecycle test-consumer lint fix build docs clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z -]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 44

up: $(DEPS) ## start a throwaway control plane with the mesh
	@$(SANDBOX) up

down: $(DEPS) ## stop the sandbox and everything in it
	@$(SANDBOX) down

status: $(DEPS) ## show what runs in the sandbox
	@$(SANDBOX) status

# 69: there is no sandbox. Every other status is that of the last command in the shell, and no fault.
shell: $(DEPS) ## open a shell inside the sandbox
	@$(SANDBOX) shell || test $$? -ne 69

test: $(DEPS) ## run every test, on separate sandboxes where needed
	@npm run --silent test

test-unit test-graph: test-%: $(DEPS) ## run one suite that needs no sandbox
	@npm run --silent test:$*

test-plugins test-lifecycle test-consumer: test-%: $(DEPS) ## run one suite on a sandbox
	@npm run --silent test -- $*

lint: $(DEPS) ## check style, types and imports
	@npm run --silent lint

fix: $(DEPS) ## apply automatic fixes
	@npm run --silent fix

build: $(DEPS) ## compile the package into dist/
	@npm run --silent build

docs: $(DEPS) ## generate the derived parts of the documentation
	@npm run --silent docs

clean: down ## remove all generated files; built parts stay in the cache
	@rm -rf dist .sandbox *.tgz

$(DEPS): package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
