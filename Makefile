# The two commands of a newcomer: make run, make test. `make help` lists the rest.

export CGO_ENABLED := 0

CACHE       := $(CURDIR)/.cache
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
UNIT        := $$(go list ./... | grep -v '/e2e$$')

.DEFAULT_GOAL := help
.PHONY: help run build generate check check-generated test test-unit test-e2e test-postgres test-long bench clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

run: build ## build and start the demo shop on 127.0.0.1:8080
	./certbay demo

build: ## build the one binary
	go build -trimpath -o certbay .

generate: ## make templates' code and the built assets anew (needs Node)
	cd static/src && npm ci --silent --no-audit --no-fund && npm run --silent build
	go tool templ generate -path views -log-level error

# What is generated is compared by content, so that the check works on a dirty tree as well.
check-generated:
	@e2e/install.sh node
	@mkdir -p $(CACHE)
	@e2e/fingerprint.sh > $(CACHE)/generated.before
	@$(MAKE) --no-print-directory generate
	@e2e/fingerprint.sh > $(CACHE)/generated.after
	@diff $(CACHE)/generated.before $(CACHE)/generated.after || { echo "generated files were not current: commit what 'make generate' made"; exit 1; }

check: check-generated ## generated files are current, gofmt, vet, staticcheck
	@files=$$(git ls-files '*.go' | xargs gofmt -l); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

test: test-unit test-e2e ## run everything, the browser included

test-unit:
	@e2e/install.sh unit
	go test -timeout 10m $(UNIT)

test-e2e:
	@e2e/install.sh browser
	go test -timeout 25m ./e2e

test-postgres: ## run the tests of the book and the handlers on a PostgreSQL of their own
	@e2e/install.sh postgres
	e2e/postgres.sh go test -timeout 20m ./db/... ./handlers/... ./web/...

# Each of 1250 random histories has 80 steps on average; make test runs 25 of them.
test-long: ## hold 100 000 random movements of money against the model
	go test -timeout 60m ./db -run TestMoneyFollowsTheModel -count 1 -rapid.checks=1250 -rapid.steps=80

bench: ## print the table of speed ratios, measured in one run
	go test ./db ./web -run '^TestSpeed' -count 1 -p 1 -v -timeout 40m -bench.ratios

clean: ## remove what was built and downloaded here
	rm -rf certbay $(CACHE) e2e/out static/src/node_modules
