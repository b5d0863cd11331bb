# On a fresh Debian machine with Go, "make run" and "make test" do everything:
# they install what is missing and say so.

BIN := bin
GO  := go
FONTS    := fonts-morisawa-bizud-gothic
PACKAGES := $(FONTS) gcc libc6-dev
BROWSER  := chromium
TOOL     := $(GO) tool -modfile=.ci/tools/go.mod

.PHONY: run build test test-long bench lint pictures clean

run: build ## the bench: board, office, page, and a kioskd
	@.ci/install $(FONTS)
	$(BIN)/kiosksim

build:
	@echo "Building kioskd and kiosksim (the first time takes a minute or two)"
	@$(GO) build -trimpath -o $(BIN)/ ./daemon/kioskd ./simulator/kiosksim

test: ## everything but what takes longer than ten minutes
	@.ci/install $(PACKAGES) $(BROWSER)
	$(GO) vet ./...
	$(GO) test -race -timeout 9m ./...

test-long: ## fuzzing, one target after the other
	@.ci/install $(PACKAGES) $(BROWSER)
	.ci/fuzz 60s
	KIOSKD_LONG=1 $(GO) test -race -timeout 2h ./...

bench: ## performance, each figure beside what it is compared with
	@.ci/install $(PACKAGES)
	@$(GO) build -trimpath -o $(BIN)/ ./daemon/kioskd ./simulator/kiosksim
	@$(BIN)/kiosksim bench

lint:
	test -z "$$($(TOOL) gofumpt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) errcheck ./...
	test -z "$$(git status --porcelain | tee /dev/stderr)"

pictures: build ## the README's pictures: panel, bench and sheet
	@.ci/install $(PACKAGES) $(BROWSER)
	$(BIN)/kiosksim pictures -dir simulator/bench/pictures

clean:
	rm -rf $(BIN)
