"""Reads problems as lines of JSON and writes mutants of their code: one small fault each, the same ones every time."""

import ast
import json
import random
import sys

SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}


def faults(tree):
    """Functions that each put one fault into the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            yield lambda node=node: setattr(node, "value", node.value + 1)
            yield lambda node=node: setattr(node, "value", node.value - 1)
        for field in ("op",):
            swap = SWAPS.get(type(getattr(node, field, None)))
            if swap is not None:
                yield lambda node=node, swap=swap: setattr(node, "op", swap())
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield lambda node=node: node.ops.__setitem__(0, SWAPS[type(node.ops[0])]())
        if isinstance(node, ast.FunctionDef) and len(node.body) > 1:
            yield lambda node=node: node.body.insert(len(node.body) // 2, ast.Return(node.args.args and ast.Name(node.args.args[0].arg, ast.Load()) or None))
        if isinstance(node, ast.Return) and node.value is not None:
            yield lambda node=node: setattr(node, "value", ast.Constant(None))
        if isinstance(node, (ast.If, ast.While)):
            yield lambda node=node: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))


def main():
    wanted = int(sys.argv[1])
    problems = [json.loads(line) for line in sys.stdin]
    rng = random.Random(4)
    for _ in range(wanted):
        problem = rng.choice(problems)
        tree = ast.parse(problem["code"])
        rng.choice(list(faults(tree)) or [lambda: None])()
        code = ast.unparse(ast.fix_missing_locations(tree))
        print(json.dumps({**problem, "code": code}))


main()
