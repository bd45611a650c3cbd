"""What is due, worked out in another way than the answers do."""

from decimal import Decimal, getcontext

import world
from windows import new_windows, take

getcontext().prec = 60


def score(features: dict[str, float], model: dict) -> float:
    """Return the rounded score, with sixty digits on the way."""
    z = Decimal(model["bias"])
    for name, told in model["features"].items():
        off = Decimal(features[name]) - Decimal(told["typical"])
        z += Decimal(told["weight"]) * off / Decimal(told["scale"])
    return float(round(1 / (1 + (-z).exp()), 6))


def decisions(payments: list[dict], model: dict) -> list[dict]:
    """Return the decision of each payment, all taken in order."""
    windows, found = new_windows(), []
    for payment in payments:
        features = take(windows, payment)
        features["terminal_risk"] = world.terminal_risk(payment["terminal"])
        number = score(features, model)
        raising = {}
        for name, told in model["features"].items():
            raised = told["weight"] * (features[name] - told["typical"]) / told["scale"]
            if raised > 0:
                raising[name] = raised
        chosen = sorted(sorted(raising), key=raising.__getitem__, reverse=True)[:3]
        reasons = [
            f"{model['features'][name]['words']} is {features[name]:.2f}, "
            f"usually {model['features'][name]['typical']:.2f}"
            for name in chosen
        ]
        alert = number >= model["threshold"]
        found.append(
            {
                "id": "decision-" + payment["id"],
                "payment": payment["id"],
                "card": payment["card"],
                "at": payment["at"],
                "score": number,
                "alert": alert,
                "reasons": reasons if alert else [],
                "model": model["version"],
            }
        )
    return found


def decided(due: list[float], size: int, wait: float, seconds: list[float]) -> list[float]:
    """Return when each is decided, by trying every moment at which a batch may start."""
    done: list[float] = []
    while len(done) < len(due):
        rest = due[len(done) :]
        free = done[-1] if done else 0.0
        for moment in sorted({free, *rest, *(at + wait for at in rest)}):
            there = [at for at in rest if at <= moment]
            ready = len(there) >= size or (there and moment >= rest[0] + wait)
            if moment >= free and there and ready:
                taken = min(size, len(there))
                done += [moment + seconds[taken]] * taken
                break
    return done


def p95(due: list[float], done: list[float], warmup: float) -> float | None:
    """Return the smallest latency that at least 95 of 100 do not exceed."""
    late = [end - begin for begin, end in zip(due, done, strict=True) if begin >= warmup]
    for one in sorted(late):
        if 100 * sum(other <= one for other in late) >= 95 * len(late):
            return one
    return None
