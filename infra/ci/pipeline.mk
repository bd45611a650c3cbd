# The one pipeline: every form in this folder calls these targets and does nothing of its own.
#   make -f infra/ci/pipeline.mk TARGET      from the root of the repository
# What the repository's Makefile knows is used as it is: setup-dev, site, test-long.
include Makefile

# An empty one, as of a parameter that nobody filled in, is none.
ifeq ($(strip $(VERSION)),)
VERSION = $(shell git describe --tags --always --dirty)
endif
REGISTRY ?=
IMAGES := lab
RELEASE ?= course-lab
NAMESPACE ?= course-lab
CHART := build/charts/course-lab
VALUES ?= infra/helm/course-lab/environments/production.yaml
PROMETHEUS ?=
# Values of the label `job`, each judged by itself: what the same Prometheus sees of others is not asked for.
JUDGED ?= $(RELEASE)-api

.PHONY: ci-tools ci-lint ci-types ci-tests ci-proofs ci-site ci-tiers ci-images ci-scan ci-chart ci-canary ci-judge ci-promote ci-rollback ci-go-back

ci-lint: setup-dev ## form of code and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lab fmt --check

ci-types: setup-dev ## types
	$(BIN)/mypy

ci-tests: setup-dev ## tests, with a report that platforms can read
	mkdir -p build
	$(BIN)/pytest --junitxml=build/tests.xml

ci-proofs: setup-dev ## the proof of every lab
	$(BIN)/lab verify

ci-site: site ## the documentation, strictly

ci-tiers: setup-dev ## the other tiers: charts, Terraform, compose, with what tools there are
	$(BIN)/pytest -m "long or not long" tests/infra/tiers

# Each is a Go module at a version of its own; helm takes a minute of one core.
ci-tools: ## build what the tests of the other tiers can use, into .tools/bin; needs Go
	@command -v go >/dev/null || { echo "Go is not on the path; without it helm, actionlint, versitygw and compose-go are not built." >&2; exit 1; }
	mkdir -p $(TOOLS)/bin
	export GOBIN="$(CURDIR)/$(TOOLS)/bin" GOFLAGS=-buildvcs=false ; \
	go install helm.sh/helm/v3/cmd/helm@v3.22.0 ; \
	go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 ; \
	go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 ; \
	go install github.com/compose-spec/compose-go/v2/cmd@v2.16.2 && mv "$$GOBIN/cmd" "$$GOBIN/compose-go"

ci-images: ## build the images and, where a registry is named, push them
	for image in $(IMAGES); do \
		docker build --file infra/compose/images/$$image.Dockerfile --target server --build-arg "$$(grep ^PYTHON_IMAGE= infra/compose/versions.env)" --tag "$(REGISTRY)course-lab/$$image:$(VERSION)" . ; \
		if [ -n "$(REGISTRY)" ]; then docker push "$(REGISTRY)course-lab/$$image:$(VERSION)"; fi ; \
	done

ci-scan: ## refuse images with known faults that have a mend
	for image in $(IMAGES); do \
		trivy image --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed "$(REGISTRY)course-lab/$$image:$(VERSION)" ; \
	done

# Charts are built in a copy, so that the checkout stays as it is.
ci-chart:
	rm -rf build/charts && mkdir -p build/charts
	cp -R infra/helm/library infra/helm/api infra/helm/consumer infra/helm/job infra/helm/course-lab build/charts
	for chart in api consumer job course-lab; do helm dependency build build/charts/$$chart; done

# Each revision says what it is, so that going back finds the last that was promoted.
ci-canary: ci-chart ## one pod of the new version beside the others
	helm upgrade --install $(RELEASE) $(CHART) --namespace $(NAMESPACE) --wait --timeout 10m \
		--description "canary $(VERSION)" --reset-then-reuse-values --values $(VALUES) \
		--set api.canary.enabled=true --set-string api.canary.tag=$(VERSION)

ci-judge: setup-stack ## whether the canary is worse than the others; ends with an error when it is
	$(BIN)/python -m infra.ci.judge_canary $(PROMETHEUS) $(JUDGED)

ci-promote: ci-chart ## the new version everywhere
	helm upgrade $(RELEASE) $(CHART) --namespace $(NAMESPACE) --wait --timeout 15m \
		--description "promoted $(VERSION)" --reset-then-reuse-values --values $(VALUES) \
		--set api.canary.enabled=false --set-string api.image.tag=$(VERSION) \
		--set-string consumer.image.tag=$(VERSION) --set-string job.image.tag=$(VERSION)

ci-rollback: setup ## undo what was begun and not promoted; nothing when all was
	$(call go_back,undo)

ci-go-back: setup ## from a version that was promoted to the one before
	$(call go_back,before)

define go_back
	to="$$(helm history $(RELEASE) --namespace $(NAMESPACE) --output json | $(BIN)/python -m infra.ci.revisions $(1))" ; \
	if [ -n "$$to" ]; then \
		helm rollback $(RELEASE) "$$to" --namespace $(NAMESPACE) --wait --timeout 10m ; \
		kubectl --namespace $(NAMESPACE) rollout status deployment --selector app.kubernetes.io/instance=$(RELEASE) --timeout 5m ; \
	fi
endef
