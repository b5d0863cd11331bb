# On a fresh Debian machine with Go, "make run" and "make test" do everything:
# they install what is missing and say so.

BIN := bin
GO  := go
# What building, running and testing need, as Debian's packages. The tests meet
# a real pcscd with a virtual reader, OpenSC, OpenSSL, Chromium and CUPS' printer.
BUILD := gcc libc6-dev pkg-config libpcsclite-dev
FONTS := fonts-morisawa-bizud-gothic
TESTS := pcscd vsmartcard-vpcd opensc openssl util-linux chromium cups-ipp-utils dbus-daemon systemd
TOOL     := $(GO) tool -modfile=.ci/tools/go.mod

.PHONY: run build test test-long bench lint pictures package test-package test-vm clean

run: build ## the bench: board, office, page, and a kioskd
	$(BIN)/kiosksim

build:
	@.ci/install $(BUILD) $(FONTS)
	@echo "Building kioskd and kiosksim (the first time takes a minute or two)"
	@$(GO) build -trimpath -o $(BIN)/ ./daemon/kioskd ./simulator/kiosksim

test: ## everything but what takes longer than ten minutes
	@.ci/install $(BUILD) $(FONTS) $(TESTS)
	$(GO) vet ./...
	$(GO) build -race ./...
	@# All is compiled by now. The plays come first and take the longest; they wait
	@# for coins and paper while the others compute.
	$(GO) test -race -timeout 9m -p 3 ./simulator/scenario ./...

test-long: build ## fuzzing, and what plays long: races, visits through pcscd, secrets in memory
	@.ci/install $(BUILD) $(FONTS) $(TESTS)
	.ci/fuzz 60s
	$(BIN)/kiosksim soak -seed 1 -customers 100000
	KIOSKD_LONG=1 $(GO) test -race -tags long -timeout 2h ./...

bench: build ## performance, each figure beside what it is compared with
	@.ci/install $(TESTS)
	@$(BIN)/kiosksim bench

lint:
	test -z "$$($(TOOL) gofumpt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) errcheck ./...
	test -z "$$(git status --porcelain | tee /dev/stderr)"

pictures: build ## the README's pictures: panel, bench and sheet
	@.ci/install $(BUILD) $(FONTS) $(TESTS)
	$(BIN)/kiosksim pictures -dir simulator/bench/pictures

package: ## kioskd's Debian packages for amd64 and arm64, in dist/
	@systemd/package/build

test-package: ## the packages built twice, tried on arm64, and installed in a fresh Debian (root)
	@systemd/package/test

test-vm: ## a machine made of software: systemd, package, sandbox, display, watchdog, power cuts (root; ten to twenty minutes)
	@simulator/vm/image $(BUILD) $(FONTS)
	@$(GO) test -count=1 -tags vm -v -timeout 90m ./simulator/vm

clean:
	rm -rf $(BIN) dist
