# Fraud detection's own steps over infra/ci/pipeline.mk: the checks, the judge and the way back are its own.
#   make -f projects/fraud/shipping/pipeline.mk TARGET      from the root of the repository
RELEASE ?= fraud
NAMESPACE ?= fraud
VALUES ?= projects/fraud/shipping/chart/environments/production.yaml
# What has a canary: each is judged against those of its own kind.
JUDGED := fraud-desk fraud-answering
include infra/ci/pipeline.mk

FRAUD := projects/fraud/shipping
FRAUD_IMAGE := $(REGISTRY)course-lab/fraud:$(VERSION)
FRAUD_CHART := build/charts/fraud/fraud
FRAUD_FRONT := build/charts/fraud/fraud-front
PLATFORMS ?= linux/amd64,linux/arm64
COLOUR ?=
# Nothing, where something was changed and not committed.
REVISION := $(shell git diff --quiet HEAD && git rev-parse HEAD)

.PHONY: fraud-image fraud-scan fraud-secrets fraud-chart fraud-canary fraud-promote fraud-colour fraud-switch fraud-drain

# Several platforms cannot be loaded into one engine: with a registry they are pushed, without one they are only built.
fraud-image: ## build the image for every platform, with what went into it written down
	docker buildx build --platform $(PLATFORMS) --file $(FRAUD)/Dockerfile --target fraud \
		--build-arg "$$(grep ^PYTHON_IMAGE= infra/compose/versions.env)" --build-arg REVISION="$(REVISION)" \
		--provenance=mode=max --sbom=true --tag "$(FRAUD_IMAGE)" $(if $(REGISTRY),--push,) .

fraud-scan: ## refuse an image with known faults that have a mend, or with a secret in a layer
	trivy image --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed "$(FRAUD_IMAGE)"
	trivy image --exit-code 1 --scanners secret "$(FRAUD_IMAGE)"

fraud-secrets: ## refuse secrets in files, and faults in the Dockerfile and what the charts render
	trivy filesystem --exit-code 1 --scanners secret --skip-dirs .venv --skip-dirs .git .
	trivy config --exit-code 1 --severity HIGH,CRITICAL $(FRAUD)

fraud-chart:
	rm -rf build/charts/fraud && mkdir -p build/charts/fraud
	$(FRAUD)/build-chart.sh build/charts/fraud

# Each revision says what it is, so that ci-rollback and ci-go-back find the last that was promoted.
fraud-canary: fraud-chart ## one desk, and one that answers, of the new version beside the others; then ci-judge
	helm upgrade --install $(RELEASE) $(FRAUD_CHART) --namespace $(NAMESPACE) --wait --timeout 10m \
		--description "canary $(VERSION)" --reset-then-reuse-values --values $(VALUES) \
		$(foreach part,desk answering,--set $(part).canary.enabled=true --set-string $(part).canary.tag=$(VERSION))

fraud-promote: fraud-chart ## the new version everywhere
	helm upgrade $(RELEASE) $(FRAUD_CHART) --namespace $(NAMESPACE) --wait --timeout 15m \
		--description "promoted $(VERSION)" --reset-then-reuse-values --values $(VALUES) \
		$(foreach part,desk answering,--set $(part).canary.enabled=false) \
		$(foreach part,desk answering scorer store relay watch drift night tidy,--set-string $(part).image.tag=$(VERSION))

# Blue and green: the desk twice, and one service that points at one of them. The new colour is up and tried
# before anybody is sent to it, and the old one stays up until fraud-drain.
fraud-colour: need-colour fraud-chart ## the new version under the colour that is not live
	helm upgrade --install fraud-$(COLOUR) $(FRAUD_CHART) --namespace $(NAMESPACE) --wait --timeout 10m \
		--description "promoted $(VERSION)" --values $(VALUES) --values $(FRAUD)/chart/environments/colour.yaml \
		--set-string desk.image.tag=$(VERSION)
	kubectl --namespace $(NAMESPACE) run "fraud-try-$(COLOUR)" --rm --attach --restart=Never --image="$(FRAUD_IMAGE)" \
		--env FRAUD_HEALTH_URL="http://fraud-$(COLOUR)-desk/health/ready" -- projects.fraud.shipping.healthy

fraud-switch: need-colour fraud-chart ## send everybody to COLOUR; with the other colour it is the way back
	helm upgrade --install fraud-front $(FRAUD_FRONT) --namespace $(NAMESPACE) --wait \
		--description "promoted $(COLOUR)" --set live=$(COLOUR)

fraud-drain: need-colour ## end COLOUR, once nobody is sent there
	test "$$(kubectl --namespace $(NAMESPACE) get service fraud-front --output jsonpath='{.metadata.labels.course-lab/colour}')" != "$(COLOUR)"
	helm uninstall fraud-$(COLOUR) --namespace $(NAMESPACE) --wait

.PHONY: need-colour
need-colour:
	@case "$(COLOUR)" in blue|green) ;; *) echo "Say which: COLOUR=blue or COLOUR=green." >&2; exit 2 ;; esac
