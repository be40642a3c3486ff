"""Small functions with their tests, and the ways in which each can be broken."""

from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Bug:
    """One way to break a function: `right` stands in its source exactly once and is replaced by `wrong`."""

    kind: str
    right: str
    wrong: str


@frozen(kw_only=True)
class Specimen:
    """A function, what tests say of it, and its bugs. `{function}` stands for the drawn name."""

    modules: tuple[str, ...]
    functions: tuple[str, ...]
    source: str
    checks: tuple[str, ...]
    tests: tuple[str, ...]
    """Names for the test that the bugs make fail."""
    bugs: tuple[Bug, ...]


_TOTAL: Final = Specimen(
    modules=("cart", "invoice"),
    functions=("total_price", "sum_of_prices"),
    source='''def {function}(prices):
    """The sum of all prices, in cents."""
    total = 0
    for index in range(len(prices)):
        total += prices[index]
    return total
''',
    checks=("self.assertEqual(0, {function}([]))", "self.assertEqual(600, {function}([100, 200, 300]))"),
    tests=("test_adds_up_every_price", "test_forgets_no_price"),
    bugs=(
        Bug(kind="skips the first", right="range(len(prices))", wrong="range(1, len(prices))"),
        Bug(kind="skips the last", right="range(len(prices))", wrong="range(len(prices) - 1)"),
        Bug(kind="subtracts", right="total += prices", wrong="total -= prices"),
    ),
)
_OLD_ENOUGH: Final = Specimen(
    modules=("tickets", "members"),
    functions=("may_enter", "is_adult"),
    source='''def {function}(age):
    """Whether somebody of this age is at least eighteen."""
    return age >= 18
''',
    checks=("self.assertTrue({function}(18))", "self.assertTrue({function}(70))", "self.assertFalse({function}(17))"),
    tests=("test_the_limit_itself_counts", "test_eighteen_is_enough"),
    bugs=(
        Bug(kind="leaves out the limit", right="age >= 18", wrong="age > 18"),
        Bug(kind="the wrong way round", right="age >= 18", wrong="age <= 18"),
    ),
)
_LARGEST: Final = Specimen(
    modules=("scores", "records"),
    functions=("best_score", "highest"),
    source='''def {function}(scores):
    """The highest score; zero if there is none."""
    best = 0
    for score in scores:
        if score > best:
            best = score
    return best
''',
    checks=("self.assertEqual(9, {function}([3, 9, 4]))", "self.assertEqual(0, {function}([]))"),
    tests=("test_finds_the_highest", "test_order_does_not_matter"),
    bugs=(
        Bug(kind="the lowest instead", right="score > best", wrong="score < best"),
        Bug(kind="forgets to keep it", right="            best = score", wrong="            best = best"),
    ),
)
_INITIALS: Final = Specimen(
    modules=("names", "labels"),
    functions=("initials", "monogram"),
    source='''def {function}(name):
    """The first letter of every word, in capitals."""
    letters = [word[0] for word in name.split()]
    return "".join(letters).upper()
''',
    checks=('self.assertEqual("AL", {function}("ada lovelace"))', 'self.assertEqual("", {function}(""))'),
    tests=("test_takes_every_first_letter", "test_writes_capitals"),
    bugs=(
        Bug(kind="the second letter", right="word[0]", wrong="word[1]"),
        Bug(kind="small letters", right=".upper()", wrong=".lower()"),
    ),
)

SPECIMENS: Final = (_TOTAL, _OLD_ENOUGH, _LARGEST, _INITIALS)
