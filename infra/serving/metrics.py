"""Count what a service does, in a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# The bounds that objectives are set at (0.05, 0.1, 0.15, 0.25 s) must be among these.
LATENCY_BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15),
    *(0.2, 0.25, 0.35, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0),
)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class ServingMetrics:
    """Hold the metrics of one service; two services in a process need a registry each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.requests = Counter(
            "serving_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=registry,
        )
        self.latency = Histogram(
            "serving_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ("route", "outcome"),
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "serving_requests_in_flight", "Requests being answered.", registry=registry
        )
        self.queue = Gauge("serving_queue_items", "Items that wait.", registry=registry)
        self.batch_items = Histogram(
            "serving_batch_items", "Items in a batch.", buckets=_BATCH_BUCKETS, registry=registry
        )
        self.predicting = Histogram(
            "serving_predict_seconds",
            "Time the model takes for a batch.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.item_errors = Counter(
            "serving_item_errors",
            "Items without an answer, by whose fault.",
            ("fault",),
            registry=registry,
        )
        self.shed = Counter(
            "serving_shed", "Requests not taken for want of time.", ("reason",), registry=registry
        )
        self.quota_refused = Counter(
            "serving_quota_refused", "Requests past a quota.", registry=registry
        )
        self.key_refused = Counter(
            "serving_key_refused", "Requests without a good key.", ("reason",), registry=registry
        )
        self.dependency_failures = Counter(
            "serving_dependency_failures",
            "Requests that met a store which did not answer.",
            ("reason",),
            registry=registry,
        )
        self.ready = Gauge("serving_ready", "1 while the service is ready.", registry=registry)
        self.model = Gauge(
            "serving_model_live",
            "1 for the version that answers, 0 for those that did.",
            ("version",),
            registry=registry,
        )
        self.swaps = Counter(
            "serving_model_swaps",
            "Models put in place of another, or refused.",
            ("outcome",),
            registry=registry,
        )
