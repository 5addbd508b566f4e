"""Verdicts of math-verify: standard input holds `[[gold, text], ...]`, the answer is `[true, ...]`."""

import json
import logging
import sys

from math_verify import parse, verify

logging.disable(logging.CRITICAL)
golds = {}


def is_right(gold, text):
    if gold not in golds:
        golds[gold] = parse(gold, parsing_timeout=None)
    return verify(golds[gold], parse(text, parsing_timeout=None), timeout_seconds=None)


print(json.dumps([is_right(gold, text) for gold, text in json.load(sys.stdin)]))
