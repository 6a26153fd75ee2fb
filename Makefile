# Martlet's commands. `make run` and `make test` are all that a fresh machine needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

HOURS ?= 1
LISTEN ?= 127.0.0.1:8080
REGISTRY ?= run/models.registry
DATA ?=
TARGET ?=
NAME ?=
MODEL ?= logistic
# The Swift runtime goes inside: one file to copy, a faster start, less memory.
BUILD := swift build -c release --static-swift-stdlib --product
RELEASE := .build/release
PACKAGES := libssl-dev openssl zlib1g-dev libsqlite3-dev curl
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help setup build image run test lint format bench bench-training bench-inference bench-models \
    simulate-rollout demo-rollout soak \
    test-peers test-parsers test-proxies test-tls test-sanitized fuzz fuzz-smoke build-fuzz deploy-tools load check-names check-tracing clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Install the system libraries that are missing (Debian)
	@missing=""; for package in $(PACKAGES); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	    echo "installing$$missing"; \
	    $(SUDO) apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

build: setup ## Build the server and the trainer, in release
	$(BUILD) martlet
	$(BUILD) martlet-train

image: build ## Lay out the image's whole file system in .build/image: the server and its libraries
	rm -rf .build/image
	mkdir -p .build/image/usr/local/bin .build/image/registry
	strip -o .build/image/usr/local/bin/martlet $(RELEASE)/martlet
	ldd $(RELEASE)/martlet | grep -o '/[^ ]*' | xargs cp --dereference --parents --target-directory .build/image
	@du --summarize --human-readable .build/image

run: build ## Train if the registry is empty (DATA=file.csv TARGET=column for your own), serve, try one prediction
	@DATA='$(DATA)' TARGET='$(TARGET)' NAME='$(NAME)' MODEL='$(MODEL)' REGISTRY='$(REGISTRY)' \
	    LISTEN='$(LISTEN)' BIN='$(RELEASE)' bash deploy/run.sh

demo-rollout: build ## Watch a broken version being rolled back and a good one promoted, under load
	@BIN='$(RELEASE)' bash deploy/demo-rollout.sh

test: build ## Run all tests
	swift build --build-tests
	# One at a time: tests that talk to a server block a thread each, and two cores have two.
	swift test --skip-build --no-parallel

lint: ## Check the formatting and the scripts
	swift format lint --strict --recursive Package.swift Sources Tests Fuzz
	bash -n deploy/*.sh Fuzz/*.sh Tests/*.sh Tests/Peers/*.sh .ci/run

format: ## Format the sources
	swift format --in-place --recursive Package.swift Sources Tests Fuzz

bench soak: PACKAGES += nginx-light wrk strace openssl gcc libc6-dev python3-venv
bench: build ## Measure against nginx, Hummingbird and FastAPI, in turn; writes Benchmarks/results.md
	python3 Benchmarks/run.py --build $(RELEASE)

bench-training: PACKAGES += python3-venv
bench-training: build ## Measure learning against LightGBM, in turn
	python3 -m venv .build/training-venv
	.build/training-venv/bin/pip install --quiet lightgbm numpy
	.build/training-venv/bin/python Benchmarks/training.py --build $(RELEASE)

bench-inference: PACKAGES += gcc libc6-dev python3-venv
bench-inference: setup ## Measure trees and JSON in process against LightGBM, XGBoost, ONNX Runtime, orjson
	$(BUILD) martlet
	$(BUILD) inference-times
	$(BUILD) json-times
	python3 -m venv .build/peers
	.build/peers/bin/pip install --quiet lightgbm xgboost onnx onnxmltools onnxruntime scikit-learn orjson
	.build/peers/bin/python Benchmarks/inference.py --build $(RELEASE)
	.build/peers/bin/python Benchmarks/json_reading.py $(RELEASE)

bench-models: build ## Train each kind on public data (DATA=folder) and judge it
	python3 Benchmarks/models.py $(RELEASE) $(DATA)

simulate-rollout: setup ## Simulate rollouts by fixed seeds; writes docs/rollout-statistics.md
	$(BUILD) simulate-rollout
	$(RELEASE)/simulate-rollout > .build/rollouts.jsonl
	python3 Benchmarks/rollout_page.py .build/rollouts.jsonl docs

soak: build ## Serve for hours at half load (HOURS=1); fails unless memory stays flat
	python3 Benchmarks/soak.py --build $(RELEASE) --hours $(HOURS)

MINUTES ?= 10
fuzz: build-fuzz ## Fuzz every parser with AddressSanitizer, each for MINUTES=10
	python3 Fuzz/run.py .build/fuzz --seconds $$(( $(MINUTES) * 60 ))

fuzz-smoke: build-fuzz ## Fuzz every parser for ten seconds
	python3 Fuzz/run.py .build/fuzz --seconds 10

build-fuzz: setup
	bash Fuzz/build.sh .build/fuzz

test-proxies: PACKAGES += nginx-light haproxy apache2-bin
test-proxies: build ## Send the smuggling payloads to the server through nginx, HAProxy and Apache
	python3 Tests/Proxies/smuggling.py --build $(RELEASE)

test-peers: PACKAGES += python3-venv
test-peers: test-parsers build ## Compare the trainer, imported models and the parser with other programs (from PyPI)
	.build/peers/bin/pip install --quiet scikit-learn pandas lightgbm xgboost catboost onnx onnxruntime skl2onnx
	rm -rf .build/peers-data && mkdir .build/peers-data
	$(RELEASE)/martlet-train synthetic --rows 20000 --features 16 --seed 1 --output .build/peers-data/data.csv
	$(RELEASE)/martlet-train fit --data .build/peers-data/data.csv --target label --model logistic \
	    --name peers --registry .build/peers-data/registry --alias production --json \
	    --test .build/peers-data/data.csv
	$(RELEASE)/martlet models export peers production --registry .build/peers-data/registry \
	    --output .build/peers-data/model.safetensors
	.build/peers/bin/python Tests/Peers/linear_parity.py .build/peers-data/model.safetensors .build/peers-data/data.csv
	bash Tests/Peers/kinds.sh $(RELEASE) .build/peers/bin/python .build/peers-data
	.build/peers/bin/python Tests/Peers/boosting_parity.py $(RELEASE)
	for seed in 11 23 47; do \
	    .build/peers/bin/python Tests/Peers/import_parity.py make .build/peers-data/models-$$seed --seed $$seed; \
	    .build/peers/bin/python Tests/Peers/import_parity.py check $(RELEASE) .build/peers-data/models-$$seed; \
	done
	.build/peers/bin/python Tests/Peers/onnx_parity.py $(RELEASE)

test-sanitized: setup ## Run all tests under ThreadSanitizer and AddressSanitizer
	bash Tests/sanitized.sh

STREAMS ?= 100000
test-parsers: PACKAGES += python3-venv
test-parsers: setup
	python3 -m venv .build/peers
	.build/peers/bin/pip install --quiet httptools==0.9.0 h11==0.16.0
	$(BUILD) http-verdicts
	.build/peers/bin/python Tests/Peers/http_parsers.py $(RELEASE)/http-verdicts docs/http-peers.md \
	    --count $(STREAMS)

test-tls: PACKAGES += testssl.sh
test-tls: build ## Let testssl.sh judge the server's TLS; fails on any finding above LOW
	python3 Tests/Peers/tls_findings.py $(RELEASE)

# Deployment checks. They need no network once their tools are there.
deploy-tools: PACKAGES += python3-venv
deploy-tools: setup
	@if ! cmp -s Tests/Deploy/requirements.txt .build/deploy-venv/requirements.txt; then \
	    python3 -m venv .build/deploy-venv; \
	    .build/deploy-venv/bin/pip install --quiet -r Tests/Deploy/requirements.txt; \
	    cp Tests/Deploy/requirements.txt .build/deploy-venv/; \
	fi

load: PACKAGES += wrk gcc libc6-dev
load: build ## Measure times by rate, in steps, after a spike; writes docs/capacity.md and docs/cost.md
	python3 Benchmarks/capacity.py --build $(RELEASE) --write

check-tracing: build deploy-tools ## Read exported spans with OpenTelemetry's own definitions
	.build/deploy-venv/bin/python Tests/Deploy/tracing.py --build $(RELEASE)

check-names: build ## Check that documents and manifests name nothing that does not exist
	python3 Tests/Deploy/names.py --build $(RELEASE)

clean: ## Remove what was built and trained
	rm -rf .build .build-hummingbird run
