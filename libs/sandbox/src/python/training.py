"""Uses what programs use: run while the image is built, so that the engine optimises the interpreter for it."""

import collections
import functools
import heapq
import itertools
import math
import re
import string
import typing


class Shape:
    kinds = 0

    def __init__(self, name: str, *sides: float, **marks):
        self.name, self.sides, self.marks = name, list(sides), marks
        type(self).kinds += 1

    @property
    def length(self):
        return sum(self.sides)

    def __eq__(self, other):
        return isinstance(other, Shape) and self.sides == other.sides

    def __lt__(self, other):
        return self.length < other.length

    def __repr__(self):
        return f"{self.name}({', '.join(f'{side:.2f}' for side in self.sides)})"


class Square(Shape):
    def __init__(self, side):
        super().__init__("square", *[side] * 4, even=side % 2 == 0)


def count_words(text: str) -> typing.Dict[str, int]:
    counts = {}
    for word in text.lower().split():
        word = word.strip(string.punctuation)
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def primes(limit):
    sieve = [True] * (limit + 1)
    for number in range(2, int(math.sqrt(limit)) + 1):
        if sieve[number]:
            for multiple in range(number * number, limit + 1, number):
                sieve[multiple] = False
    return [number for number, is_prime in enumerate(sieve) if is_prime and number > 1]


@functools.lru_cache(maxsize=None)
def ways(steps):
    return 1 if steps < 2 else ways(steps - 1) + ways(steps - 2)


def longest_common(first, second):
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for row, left in enumerate(first, 1):
        for column, right in enumerate(second, 1):
            if left == right:
                table[row][column] = table[row - 1][column - 1] + 1
            else:
                table[row][column] = max(table[row - 1][column], table[row][column - 1])
    return table[-1][-1]


def balanced(text):
    stack = []
    pairs = {")": "(", "]": "["}
    for sign in text:
        if sign in "([":
            stack.append(sign)
        elif sign in pairs and (not stack or stack.pop() != pairs[sign]):
            return False
    return not stack


def walk(tree):
    if isinstance(tree, (list, tuple)):
        for branch in tree:
            yield from walk(branch)
    else:
        yield tree


def raises(kind, action, *args):
    try:
        action(*args)
    except kind as error:
        return str(error)
    else:
        raise AssertionError("nothing was raised")
    finally:
        pass


def without_zeros(number: int) -> int:
    digits = []
    while number > 0:
        number, digit = divmod(number, 10)
        if digit:
            digits.insert(0, str(digit))
    return int("".join(digits) or "0")


words = "The quick brown fox jumps over the lazy dog; the dog does not mind, and the fox is gone." * 3
assert list(count_words(words))[:2] == ["the", "dog"] or count_words(words)["the"] == 9
assert primes(300)[-1] == 293 and ways(60) == 2504730781961
assert longest_common("kitten sitting" * 2, "sitting kitten" * 2) > 8
assert balanced("([()][])" * 20) and not balanced("([)]")
assert list(walk([1, (2, [3, 4]), [[5]]])) == [1, 2, 3, 4, 5]
assert sorted([Square(3), Square(1), Shape("line", 5)])[0] == Square(1)
assert repr(Square(2)) == "square(2.00, 2.00, 2.00, 2.00)" and Square.kinds > 0
assert without_zeros(1020304) == 1234 and bin(10) == "0b1010" and int("ff", 16) == 255
assert "list index" in raises(IndexError, lambda: [][1]) and raises(KeyError, {}.__getitem__, "a") == "'a'"
assert re.findall(r"[a-z]+\d", "ab1 cd2 E3") == ["ab1", "cd2"] and re.sub(r"\s+", " ", "a  b\t c") == "a b c"
assert re.match(r"^(a|b)*c$", "ababc") and re.split("[,;]", "a,b;c") == ["a", "b", "c"]
assert collections.Counter("abracadabra").most_common(1) == [("a", 5)] and math.gcd(84, 36) == 12
assert heapq.nsmallest(2, [5, 1, 4]) == [1, 4] and functools.reduce(lambda a, b: a * b, range(1, 25)) == math.factorial(24)
assert list(itertools.permutations([1, 2, 3]))[-1] == (3, 2, 1) and len(list(itertools.combinations(range(6), 3))) == 20
assert {x % 3 for x in range(30)} & {1, 2, 7} == {1, 2} and set("abc") - set("b") == {"a", "c"} and frozenset([1]) | {2} == {1, 2}
assert "-".join(reversed("a b c".upper().split())) == "C-B-A" and "%05.1f|%s|%d" % (3.14159, [1], 7) == "003.1|[1]|7"
assert "{:>6}|{!r}".format("x", (1, None)) == "     x|(1, None)" and "abc".find("c") == 2 and "a,b".replace(",", "") == "ab"
assert sum(map(lambda pair: pair[0] * pair[1], zip(range(50), range(50, 0, -1)))) > 0 and any(filter(None, [0, 1]))
assert round(2.675, 2) in (2.67, 2.68) and abs(math.sin(math.pi)) < 1e-9 and 7 // -2 == -4 and -7 % 3 == 2 and 2**200 % 97 == pow(2, 200, 97)
assert [*range(10)][::-2] == [9, 7, 5, 3, 1] and sorted("banana", reverse=True)[0] == "n" and max([3, 9, 2], key=lambda x: -x) == 2
assert str(12345678901234567890 * 98765)[:5] == "12193" and float("1.5") == 1.5 and chr(ord("a") + 1) == "b"
assert isinstance(collections.defaultdict(list), dict) and collections.deque([1, 2], maxlen=1).pop() == 2
assert all(str(number) == str(number)[::-1] for number in (11, 121)) and "Hello".swapcase() == "hELLO"
queue, seen = collections.deque([(0, 0)]), set()
while queue:
    place = queue.popleft()
    if place not in seen and max(place) < 8:
        seen.add(place)
        queue.extend([(place[0] + 1, place[1]), (place[0], place[1] + 1)])
assert len(seen) == 64
matrix = [[row * column for column in range(8)] for row in range(8)]
assert [list(row) for row in zip(*matrix)] == matrix and sum(matrix[i][i] for i in range(8)) == 140
