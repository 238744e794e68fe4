# cnrelay. `make help` lists the targets.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

# One terminal width rule for every test, whatever the locale of the machine.
export RUNEWIDTH_EASTASIAN = 0

# These also run with the race detector; the others run the program itself, as children.
RACE := ./core/... ./hostclient/... ./packs/... ./state/... ./tui/... ./cmd/cnrelay/internal/...

.DEFAULT_GOAL := help
.PHONY: help build demo test fmt vet lint unit race ci chaos test-host bench fuzz golden pictures cover image

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the static binary, bin/cnrelay
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/cnrelay ./cmd/cnrelay

demo: build ## the console on simulated hosts; without a terminal the main job: import, proof, rollback
	@bin/cnrelay demo

test: fmt vet unit ## everything that needs no network

fmt:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...

unit:
	$(GO) test ./...

lint: ## staticcheck
	$(GO) tool staticcheck ./...

race:
	$(GO) test -race -short $(RACE)

ci: test lint race ## what CI runs: test, staticcheck, race detector

chaos: ## the long versions of docs/reliability.md, and its table; with CNRELAY_HOST_URL and the rest also on a real host
	@figures=$$(mktemp); \
	CNRELAY_CHAOS=1 CNRELAY_FIGURES=$$figures $(GO) test -count=1 -timeout 6h ./core/engine ./core/bundle ./state ./hostclient ./cmd/cnrelay/...; status=$$?; \
	echo; echo '| promise | figure | test |'; echo '|---|---|---|'; sort $$figures; rm -f $$figures; exit $$status

test-host: ## the contract suite on a real host (CNRELAY_HOST_URL, CNRELAY_HOST_ADMIN_KEY, CNRELAY_UPSTREAM_URL)
	@: $${CNRELAY_HOST_URL:?} $${CNRELAY_HOST_ADMIN_KEY:?} $${CNRELAY_UPSTREAM_URL:?}
	CNRELAY_REPORT_DIR=$(CURDIR)/docs/hosts $(GO) test -count=1 -v -run TestRealHost ./hostclient/contract

bench: ## ratios against a floor measured in the same run
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x ./core/engine ./core/bundle ./tui ./cmd/cnrelay ./cmd/cnrelay/internal/cli ./cmd/cnrelay/e2e

FUZZTIME ?= 60s

fuzz: ## every fuzz target for a minute (FUZZTIME): packs, keys, streams, envelopes, backups, outputs
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -rhoE '^func Fuzz[A-Za-z]+' $$dir/*_test.go | cut -c6-); do \
	    echo "$$dir $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$dir; \
	  done; done

golden: ## write the goldens anew; read the diff
	GOLDIE_UPDATE=1 $(GO) test ./packs/... ./cmd/... ./tui/...

pictures: ## draw the documentation's pictures anew, from the console itself
	PICTURES=write $(GO) test -count=1 -run TestPictures ./cmd/cnrelay/internal/picture

cover: ## coverage per function
	$(GO) test -coverprofile=cover.out ./... && $(GO) tool cover -func=cover.out

image: build ## a container image from the static binary; needs no network
	$${CONTAINER:-docker} build -f Containerfile -t cnrelay:$(VERSION) bin
