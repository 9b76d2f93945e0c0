# Hearth: what a person types. `make help` tells.
SHELL := /bin/bash
BUILD ?= build
DEPS  ?= $(shell scripts/deps --print 2>/dev/null)

.PHONY: help build
help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

build: ## compile into build/
	@cmake -S . -B $(BUILD) -G Ninja -DHEARTH_DEPS=$(DEPS) >/dev/null && ninja -C $(BUILD)
