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
# No folder's name goes into what is built, so that the same sources give the same program anywhere.
BUILD := swift build -c release --static-swift-stdlib -Xcc -ffile-prefix-map=$(CURDIR)=. --product
# These two are hashes of how things were compiled, not of what: nothing reads them at run time.
STRIP := strip --remove-section=.swift_modhash --remove-section=.note.gnu.build-id
RELEASE := .build/release
# Whom OpenSSL trusts where a webhook or a server is https.
AUTHORITIES := /usr/lib/ssl/cert.pem
PACKAGES := libssl-dev openssl zlib1g-dev libsqlite3-dev curl
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# Every target is a command, none a file.
.PHONY: $(shell sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

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

image image-trainer: PACKAGES += binutils ca-certificates python3
image: build ## Lay out the image's whole file system in .build/image: the server and its libraries
	rm -rf .build/image
	mkdir -p .build/image/usr/local/bin .build/image/registry
	$(STRIP) -o .build/image/usr/local/bin/martlet $(RELEASE)/martlet
	ldd $(RELEASE)/martlet | grep -o '/[^ ]*' | xargs cp --dereference --parents --target-directory .build/image
	cp --dereference --parents --target-directory .build/image $(AUTHORITIES)
	python3 deploy/release/packages.py --image .build/image --package ca-certificates
	@du --summarize --human-readable .build/image

image-trainer: PACKAGES += busybox-static
image-trainer: build ## The same in .build/image-trainer for jobs: both programs, their scripts and a small shell
	rm -rf .build/image-trainer
	mkdir -p .build/image-trainer/{bin,etc,tmp,registry,usr/local/bin}
	for program in martlet martlet-train; do \
	    $(STRIP) -o .build/image-trainer/usr/local/bin/$$program $(RELEASE)/$$program; \
	done
	ldd $(RELEASE)/martlet $(RELEASE)/martlet-train | grep -o '/[^ :]*\.so[^ ]*' | sort --unique \
	    | xargs cp --dereference --parents --target-directory .build/image-trainer
	cp --dereference --parents --target-directory .build/image-trainer $(AUTHORITIES)
	chmod 1777 .build/image-trainer/tmp
	cp /bin/busybox .build/image-trainer/bin
	for applet in sh date grep rm sed sleep; do ln -s busybox .build/image-trainer/bin/$$applet; done
	for script in train-and-roll-out back-up; do \
	    install -m 755 deploy/$$script.sh .build/image-trainer/usr/local/bin/$$script; \
	done
	# The registry's records name who publishes.
	echo 'martlet-train:x:65532:65532::/:/bin/false' > .build/image-trainer/etc/passwd
	python3 deploy/release/packages.py --image .build/image-trainer --package ca-certificates \
	    --package busybox-static
	@du --summarize --human-readable .build/image-trainer

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

ci: ## Run what every change must pass, as the CI does
	bash .ci/run

smoke: build ## From nothing to a served prediction: data, training, serving, metrics, a clean stop
	bash deploy/smoke.sh $(RELEASE)

# Releases (docs/releasing.md).
sbom: image image-trainer ## Write what the programs consist of to .build/sbom: SPDX and CycloneDX
	rm -rf .build/sbom
	python3 deploy/release/sbom.py --binary .build/image/usr/local/bin/martlet \
	    --package ca-certificates --output .build/sbom
	python3 deploy/release/sbom.py --binary .build/image-trainer/usr/local/bin/martlet-train \
	    --package ca-certificates --package busybox-static --output .build/sbom

release: sbom ## Pack the programs and their bills of materials into .build/release-files
	bash deploy/release/files.sh

KEY ?=
sign-release: ## Sign .build/release-files by a key of your own (KEY=private.pem)
	bash deploy/release/sums.sh sign .build/release-files '$(KEY)'

verify-release: ## Verify .build/release-files (KEY=public.pem)
	bash deploy/release/sums.sh verify .build/release-files '$(KEY)'

login: ## Log in to the registry of IMAGE as REGISTRY_USER, password in REGISTRY_PASSWORD
	@printf '%s' "$$REGISTRY_PASSWORD" \
	    | docker login --username "$$REGISTRY_USER" --password-stdin "$${IMAGE%%/*}"

push-image: ## Build both images for this architecture and push them by digest (IMAGE=registry/name)
	bash deploy/release/image.sh push

publish-image: ## Join the architectures' images under VERSION=v1.2.3
	bash deploy/release/image.sh publish

sign-image: ## Sign what was published, keyless, with its bills of materials
	bash deploy/release/image.sh sign

verify-image: ## Fail unless IMAGE=name@sha256:… (and TRAINER_IMAGE) was signed by this repository's delivery
	bash deploy/release/image.sh verify

cluster: ## Write CLUSTER_CONFIG, a kubeconfig's text, to the file KUBECONFIG
	@install -D -m 600 /dev/null "$$KUBECONFIG"
	@printf '%s' "$$CLUSTER_CONFIG" > "$$KUBECONFIG"

OVERLAY ?= dev
deploy: ## Apply an overlay with IMAGE, by digest, and wait until it is ready (OVERLAY=dev)
	bash deploy/apply.sh '$(OVERLAY)'

canary: ## Release IMAGE by a canary that Prometheus judges (PROMETHEUS=address); takes itself back
	deploy/canary.sh --mode kubernetes --namespace martlet --image "$$IMAGE" --prometheus "$$PROMETHEUS"

rollback: ## Take the canary of IMAGE away, or undo its promotion
	deploy/rollback.sh image --mode kubernetes --namespace martlet --from "$$IMAGE"

# Those of deploy/canary are parts of canary.sh and rollback.sh, and judged with them.
SHELL_FILES := $(filter-out deploy/canary/%,$(wildcard \
    deploy/*.sh deploy/*/*.sh Fuzz/*.sh Tests/*.sh Tests/*/*.sh .ci/run))
lint-files: PACKAGES += shellcheck yamllint
lint-files: deploy-tools ## Judge shell scripts, YAML files and the Dockerfile
	shellcheck -x $(SHELL_FILES)
	yamllint --strict .github deploy .pre-commit-config.yaml .yamllint.yaml
	.build/deploy-venv/bin/hadolint Dockerfile

scan-dependencies: sbom ## Judge the parts of the programs: newest in Debian, released, licensed
	python3 deploy/release/scan.py .build/sbom/*.cdx.json

scan-secrets: deploy-tools ## Look for secrets in every file that git knows
	.build/deploy-venv/bin/python Tests/Deploy/secret_scan.py

# Empty asks GitHub too, with GH_TOKEN: whether a pinned commit is what its comment says.
OFFLINE ?= --offline
check-workflows: deploy-tools ## Check the workflows: schema, zizmor, and that they call what there is
	.build/deploy-venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.build/deploy-venv/bin/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	.build/deploy-venv/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	.build/deploy-venv/bin/zizmor $(OFFLINE) --pedantic --strict-collection --quiet .github .pre-commit-config.yaml
	.build/deploy-venv/bin/pre-commit validate-config
	.build/deploy-venv/bin/python Tests/Deploy/workflows.py

check-release: PACKAGES += openssl
check-release: deploy-tools build ## Check bills of materials by their specifications, signatures by tampering
	.build/deploy-venv/bin/python Tests/Deploy/release.py --build $(RELEASE)
	.build/deploy-venv/bin/python Tests/Deploy/delivery.py

load: PACKAGES += wrk gcc libc6-dev
load: build ## Measure times by rate, in steps, after a spike; writes docs/capacity.md and docs/cost.md
	python3 Benchmarks/capacity.py --build $(RELEASE) --write

check-api: deploy-tools build ## Hold a server to its OpenAPI document, by schemathesis
	.build/deploy-venv/bin/python Tests/Deploy/api.py --build $(RELEASE)

check-tracing: build deploy-tools ## Read exported spans with OpenTelemetry's own definitions
	.build/deploy-venv/bin/python Tests/Deploy/tracing.py --build $(RELEASE)

check-names: build ## Check that documents and manifests name nothing that does not exist
	python3 Tests/Deploy/names.py --build $(RELEASE)

check-page page-pictures: PACKAGES += chromium fonts-dejavu-core python3
check-page: build ## Try the page and the API's documentation in headless Chromium
	python3 Tests/Page/page.py --build $(RELEASE)

page-pictures: build ## Take the pictures of docs/page.md, after ten minutes of use
	python3 Tests/Page/page.py --build $(RELEASE) --screenshots docs

check-scripts: PACKAGES += shellcheck dash jq curl socat util-linux haproxy nginx-light prometheus
check-scripts: build ## Try the canary and roll-back scripts: a fake cluster, real proxies, a real Prometheus
	shellcheck -x deploy/canary.sh deploy/rollback.sh
	python3 Tests/Deploy/canary.py
	python3 Tests/Deploy/rollback.py
	python3 Tests/Deploy/canary_proxy.py --build $(RELEASE)

check-prometheus check-grafana: PACKAGES += python3-venv prometheus prometheus-alertmanager
check-prometheus: build deploy-tools ## Check the alerts: rules, their tests, and their way to a webhook
	.build/deploy-venv/bin/python Tests/Deploy/rules.py
	.build/deploy-venv/bin/python Tests/Deploy/alerting.py --build $(RELEASE)

check-grafana: build deploy-tools ## Evaluate every panel of the dashboard on a real Prometheus
	.build/deploy-venv/bin/python Tests/Deploy/dashboard.py --build $(RELEASE)

kubernetes-rules: ## Make Kubernetes' PrometheusRule anew, of deploy/prometheus/rules
	python3 deploy/kubernetes/components/prometheus-operator/rules.py deploy/prometheus/rules \
	    > deploy/kubernetes/components/prometheus-operator/prometheus-rules.yaml

kubectl: ## Install the Kubernetes project's kubectl, if there is none
	@command -v kubectl > /dev/null || $(SUDO) bash deploy/kubernetes/install-kubectl.sh

check-kubernetes: PACKAGES += yamllint shellcheck haproxy prometheus
check-kubernetes: build deploy-tools kubectl ## Check the manifests as schema, as policy, as a whole and with the built programs
	.build/deploy-venv/bin/python Tests/Deploy/kubernetes.py --build $(RELEASE)

check-images: image image-trainer ## Run the programs inside the images' file systems, read-only and as nobody
	$(SUDO) unshare --mount --pid --fork python3 Tests/Deploy/images.py .build/image .build/image-trainer

check-deploy: lint-files check-workflows check-names check-troubleshooting check-kubernetes \
    check-images check-release check-prometheus check-grafana check-scripts check-api check-page \
    check-tracing chaos
check-deploy: ## Hold deploy/ and docs/ to the tools and programs that they are for, offline

CHAOS :=
chaos check-restore: PACKAGES += python3 util-linux e2fsprogs iproute2 stress-ng gcc libc6-dev
chaos: build ## Kill, fill, cut and swap things under the programs and judge what users see (CHAOS="--only NAME")
	python3 Tests/Chaos/chaos.py --build $(RELEASE) $(CHAOS)

check-restore: build ## Back up under load, lose, restore, and compare every answer
	python3 Tests/Chaos/chaos.py --build $(RELEASE) --only restore --only restore-feedback --only registry-older

check-troubleshooting: ## Whether the messages that the page quotes are those of the programs
	python3 Tests/Chaos/messages.py docs/troubleshooting.md

clean: ## Remove what was built and trained
	rm -rf .build .build-hummingbird run
