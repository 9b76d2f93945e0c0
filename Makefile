# Hearth: what a person types. `make help` tells.
SHELL := /bin/bash
PREFIX ?= /usr/local
.DEFAULT_GOAL := help

.PHONY: help run test check coverage bench bench-embeddings bench-training golden build install generate format clean
help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 26
	@echo
	@echo "  HEARTH_PORT=9000 make run     another port"
	@echo "  make install PREFIX=DIR       default /usr/local"

run: ## install what is missing, build, fetch the demo models, serve them on 127.0.0.1:8080
	@exec scripts/run

test: ## install what is missing, build, run every suite; ends with "N passed, N failed"
	@exec scripts/test

check: ## format, layers, headers, banned calls, generated files, unit tests; under a minute once built
	@exec scripts/check

coverage: ## count the lines of src/ that the C suites and half of the clients' tests reach; at least 80 %
	@exec scripts/test coverage

bench: ## measure against nginx and llama-server in one run; prints ratios
	@exec scripts/bench

bench-embeddings: ## measure the encoder against its peers (several GB) and under load
	@exec scripts/bench_embeddings

bench-training: ## hold the trainer against torch and PEFT (several GB), give it a real task, and measure it beside them
	@exec scripts/bench_training

golden: ## regenerate reference data with the peers (torch, transformers, tokenizers: several GB)
	@exec scripts/golden

build: ## compile everything into build/
	@scripts/setup run && scripts/deps && scripts/build

install: ## build and install under PREFIX
	@scripts/setup run && scripts/deps && scripts/build build -- programs
	@cmake --install build --prefix $(PREFIX) >/dev/null && echo "installed $(PREFIX)/bin/hearth"

generate: ## make the generated files from the tables in api/
	@scripts/generate

format: ## clang-format every source file
	@git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

clean: ## remove build/ (the cache of built packages and models stays)
	@rm -rf build
