"""Hidden checks of the drift report."""

import numpy as np
from hidden_checks import SECRET
from payment_batches import clean_payments, reference_amounts
from scipy import stats

from autograder.checks import Run, check, expect


def reference_psi(reference: np.ndarray, current: np.ndarray, bins: int = 10) -> float:
    """Return the population stability index as the task defines it."""
    edges = np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1])
    p, q = (
        (np.bincount(np.digitize(x, edges), minlength=bins) + 0.5) / (len(x) + 0.5 * bins)
        for x in (reference, current)
    )
    return float(((q - p) * np.log(q / p)).sum())


@check("drift", points=0.5, feedback="Whose quantiles cut the bins? And where do outliers go?")
def cuts_bins_by_the_reference(run: Run) -> None:
    r = np.random.default_rng([SECRET, run.parameters["seed"]])
    reference, current = r.lognormal(3, 0.8, 900), r.lognormal(3.4, 0.5, 350)
    current[:12] = [1e6] * 7 + [-50.0] * 5
    due = reference_psi(reference, current)
    expect(run.call("psi", reference, current), "psi").to_equal(due, tol=1e-9)


@check(
    "drift", points=0.5, feedback="Not everybody wants ten bins. Where all does their number count?"
)
def takes_any_number_of_bins(run: Run) -> None:
    r = np.random.default_rng([SECRET, run.parameters["seed"], 2])
    reference, current = r.lognormal(3, 0.8, 900), r.lognormal(3.2, 0.7, 350)
    for bins in (6, 20):
        due = reference_psi(reference, current, bins)
        got = run.call("psi", reference, current, bins)
        expect(got, f"psi(reference, current, {bins})").to_equal(due, tol=1e-9)


@check("drift", points=0.5, feedback="Prices are often round: in which bin is a value on an edge?")
def puts_edges_into_the_upper_bin(run: Run) -> None:
    r = np.random.default_rng([SECRET, run.parameters["seed"], 3])
    reference, current = r.integers(0, 40, 900) * 1.0, r.integers(5, 50, 300) * 1.0
    due = reference_psi(reference, current)
    expect(run.call("psi", reference, current), "psi of round prices").to_equal(due, tol=1e-9)


@check(
    "drift", points=0.5, feedback="Values that are missing: do they count anywhere all the same?"
)
def leaves_out_what_is_missing(run: Run) -> None:
    r = np.random.default_rng([SECRET, run.parameters["seed"], 4])
    reference, current = r.lognormal(3, 0.8, 6_000), r.lognormal(3, 0.8, 400)
    gaps = [np.append(x, np.full(len(x), np.nan)) for x in (reference, current)]
    due = reference_psi(reference, current)
    expect(run.call("psi", *gaps), "psi with missing values").to_equal(due, tol=1e-9)
    got = expect(run.call("drift_report", *gaps, 0.2), "drift_report with missing values")
    got.at("psi").to_equal(due, tol=1e-9)
    got.at("p_value").to_equal(float(stats.ks_2samp(reference, current).pvalue), tol=0.03)
    own = expect(run.call("psi_threshold", 6_000, 400, 0.1), "psi_threshold(6000, 400, 0.1)")
    times = got.at("threshold").to_be_a(float, int).value / own.to_be_a(float, int).value
    expect(times, "threshold, as a multiple of your own without gaps").to_be_between(0.8, 1.25)


def clean_threshold(past_rows: int, rows: int, rate: float) -> float:
    """Return the PSI of 10 bins that a clean batch exceeds with a probability of `rate`."""
    return float(stats.chi2.ppf(1 - rate, 9) * (1 / past_rows + 1 / rows))


@check("drift", points=1, feedback="Count how often clean batches of several sizes lie above it.")
def threshold_keeps_its_rate(run: Run) -> None:
    r = np.random.default_rng([SECRET, 1])
    for past_rows, rows, rate, low, high in (
        (6_000, 400, 0.05, 0.4, 2.0),
        (1_000, 150, 0.02, 0.4, 2.0),
        (4_000, 3_000, 0.2, 0.83, 1.2),  # one degree of freedom more or less: 0.71 or 1.35
    ):
        threshold = run.call("psi_threshold", past_rows, rows, rate)
        what = f"psi_threshold({past_rows}, {rows}, {rate})"
        expect(threshold, what).to_be_a(float, int)
        above = share_above(r, past_rows, rows, float(threshold))
        expect(above / rate, f"false alarms at {what}, as a multiple of the rate").to_be_between(
            low, high
        )


def share_above(r: np.random.Generator, past_rows: int, rows: int, threshold: float) -> float:
    """Return the share of 12,000 clean batches whose PSI lies above the threshold."""
    # Sorted uniform spacings: what quantile bins of a clean reference are in truth.
    cuts = np.linspace(0, past_rows, 11).astype(int)[1:-1]
    widths = r.dirichlet(np.diff([0, *cuts, past_rows + 1]), 12_000)
    q = (r.multinomial(rows, widths) + 0.5) / (rows + 5)
    psi = ((q - 0.1) * np.log(q / 0.1)).sum(axis=1)
    return float((psi > threshold).mean())


@check("drift", points=0.5, feedback="What does a small p-value say? And a large one?")
def reads_the_two_tests(run: Run) -> None:
    seed = SECRET + run.parameters["seed"]
    reference = reference_amounts(seed)
    batches = [clean_payments(seed + i).amount.to_numpy() for i in range(25)]
    got = [run.call("drift_report", reference, batch, 0.002) for batch in batches]
    alarms = sum(bool(expect(one, "drift_report(clean)").at("alarm").value) for one in got)
    expect(alarms, "alarms on 25 clean batches at a rate of 0.002").to_be_at_most(2)
    test = stats.ks_2samp(reference, batches[0])
    expect(got[0], "drift_report(clean)").at("ks").to_equal(float(test.statistic), tol=1e-9)
    expect(got[0], "drift_report(clean)").at("p_value").to_equal(float(test.pvalue), tol=0.03)
    # Mass moved between neighbouring bins: PSI sees it, while KS adds it up to next to nothing.
    comb = np.repeat(np.arange(10) / 10, [56, 24] * 5) + np.tile(np.linspace(0.001, 0.099, 8), 50)
    got = run.call("drift_report", reference, np.quantile(reference, comb))
    expect(got, "drift_report(every other bin half empty)").at("alarm").to_equal(True)
    dearer = np.append(clean_payments(seed + 99).amount * 1.6, np.nan)
    got = expect(run.call("drift_report", reference, dearer), "drift_report(prices up by 60 %)")
    got.at("alarm").to_equal(True)


def leaning(reference: np.ndarray, rows: int, lean: float) -> np.ndarray:
    """Return values whose distribution function lies up to `lean` above the reference's.

    Spread over both halves like this, the Kolmogorov-Smirnov test sees it well before PSI does.
    """
    u = (np.arange(rows) + 0.5) / rows
    below = u < 0.5 + lean
    return np.quantile(reference, np.where(below, u / (1 + 2 * lean), 1 - (1 - u) / (1 - 2 * lean)))


@check("drift", points=0.5, feedback="Two tests, two chances of a false alarm.")
def shares_the_rate(run: Run) -> None:
    seed = SECRET + run.parameters["seed"]
    reference = reference_amounts(seed)
    # p-values of 0.14 and 0.04 on either side of 0.1, and half the PSI that would ring.
    for lean, alarm in ((0.058, False), (0.07, True)):
        got = run.call("drift_report", reference, leaning(reference, 400, lean), 0.2)
        got = expect(got, "drift_report(reference, leaning amounts, 0.2)")
        threshold = got.at("threshold").to_be_a(float, int).value
        times = threshold / clean_threshold(len(reference), 400, 0.1)
        expect(times, "threshold, as a multiple of what 0.1 takes").to_be_between(0.88, 1.14)
        got.at("alarm").to_equal(alarm)
    own = expect(run.call("psi_threshold", len(reference), 400, 0.1), "psi_threshold(…, 0.1)")
    times = threshold / own.to_be_a(float, int).value
    expect(times, "threshold at 0.2, as a multiple of your own at 0.1").to_be_between(0.92, 1.08)
