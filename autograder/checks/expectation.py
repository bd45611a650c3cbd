"""Say what a learner's value must be; where it is not, the message teaches.

Every expected value is the check's own: computed beside the learner's kernel, never taken from it.
"""

from typing import Any, Self

from autograder.checks.difference import difference
from autograder.checks.kinds import due, family
from autograder.checks.scalars import Leniency
from autograder.checks.shapes import ShapeExpectations
from autograder.checks.stepping import items, step
from autograder.checks.thresholds import ThresholdExpectations
from autograder.checks.wording import describe, listed, show, type_word, with_article


class Expectation(ThresholdExpectations, ShapeExpectations):
    """Hold one value to what is due; a miss names the place, the value and what was due."""

    def at(self, *keys: Any) -> Self:
        """Step into a dict by key, a list or array by position, a frame by column.

        A Series is entered by label, or by position where no label is meant. A step alone is no
        expectation yet: say what must be there.
        """
        value, what = self.value, self.what
        for key in keys:
            value, missing = step(value, key)
            if missing:
                type(self)(None, what)._fail(missing)
            what = f"{what}[{show(key)}]"
        return type(self)(value, what)

    def to_equal(self, expected: Any, tol: float = 0.0, *, exact: bool = False) -> Self:
        """Expect what equals `expected`, through every level of lists, dicts, arrays and frames.

        Numbers are equal when they lie within tol x max(1, |expected|); nan equals nan; 3 equals
        3.0, but True is not 1. Lists, tuples, flat arrays and Series of the same content are equal,
        and so are frames whose columns stand in another order; rows count in their order, an index
        and the width of a dtype do not count. With `exact` all of that counts.
        """
        self._plain()
        found = difference(self.value, expected, Leniency(tol, exact))
        if found is not None:
            self._fail(found.text, found.path)
        return self

    def to_be_a(self, *types: type) -> Self:
        """Expect a value of exactly one of these types; bool is no int, int is no float."""
        value = self._plain()
        if type(value) not in types and type(self.value) not in types:
            kinds = " or ".join(with_article(type_word(kind)) for kind in types)
            self._fail(f"is {describe(value)}, where {kinds} is due")
        return self

    def to_contain(self, item: Any) -> Self:
        """Expect a key in a dict, an item in a list, set, array or Series, or a piece of a text."""
        value, wanted = self._plain(), due(item)
        if family(value) == "text" and family(wanted) == "text":
            present = wanted in value
        elif family(value) in ("dict", "set"):
            present = any(_equal(one, wanted) for one in value)
        elif (row := items(value)) is not None:
            present = any(_equal(one, wanted) for one in row)
        else:
            self._fail(f"is {describe(value)}, where something that contains {show(item)} is due")
        if not present:
            self._fail(f"does not contain {show(item)}; it is {describe(value)}")
        return self

    def to_be_one_of(self, *choices: Any) -> Self:
        """Expect a value that equals one of the choices."""
        value = self._plain()
        if not any(_equal(value, choice) for choice in choices):
            self._fail(f"is {describe(value)}, where {listed(choices, 'or')} is due")
        return self

    def to_be_true(self, why: str) -> Self:
        """Expect True of what the check worked out; `why` tells the learner what must hold."""
        value = self._plain()
        if value is False:
            self._fail(f"does not hold: {why}")
        if value is not True:
            self._fail(f"is {describe(value)}, where True is due: {why}")
        return self


def expect(value: Any, what: str = "the answer") -> Expectation:
    """Begin an expectation; `what` names the place in messages, such as "validate(frame)"."""
    return Expectation(value, what)


def _equal(got: Any, wanted: Any) -> bool:
    return difference(got, wanted, Leniency()) is None
