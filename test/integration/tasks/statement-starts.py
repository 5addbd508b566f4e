# Reads a program a line (a JSON string) and writes the lines on which its steps begin, by the interpreter's own parser.
import ast
import json
import sys


def first_line(statement):
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def is_docstring(statement):
    is_expression = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_expression and isinstance(statement.value.value, str)


def starts(program):
    lines = []
    for statement in ast.parse(program).body:
        lines.append(first_line(statement))
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            body = statement.body
            merged = 1 if is_docstring(body[0]) and len(body) > 1 else 0
            # Statements that share a line are one step.
            lines += [first_line(one) for one in body[merged + 1 :] if first_line(one) != first_line(body[merged])]
    return sorted(set(lines))


for line in sys.stdin:
    print(json.dumps(starts(json.loads(line))))
