import { describe, expect, it } from 'vitest';
import { extractProgram, namesIn } from './extract-program.ts';

const wanted = namesIn('assert add(1, 2) == 3');
const add = 'def add(a, b):\n    return a + b\n';

it.each([
  ['a program alone', add],
  ['a missing line break', add.trimEnd()],
  ['a fenced block between prose', `Here is the code:\n\n\`\`\`python\n${add}\`\`\`\n\nIt adds a and b.`],
  ['a fence that is never closed', `\`\`\`py\n${add}`],
  ['a fence that the prompt opened', `${add}\`\`\`\nThis adds two numbers.`],
  ['a second block that uses the first', `\`\`\`\n${add}\`\`\`\nUse it:\n\`\`\`\nprint(add(1, 2))\n\`\`\``],
  ['a command before the program', `\`\`\`bash\npip install x\n\`\`\`\n\`\`\`python\n${add}\`\`\``],
  ['prose before and after without fences', `Sure! Here's a function:\n${add}\nThis doesn't need imports.`],
  ['bullets after it', `${add}\n- It is fast\n1. It is short`],
  ['the same definition again, cut off', `${add}\ndef add(a, b):\n    return a +`],
  ['another definition, cut off', `${add}\ndef subtract(a, b):\n    return (a -`],
  ['a later definition with another body', `${add}\n${add.replace('+', '-')}`],
  ['a stub before it', `def add(a, b):\n    """Adds."""\n    pass\n\n${add}`],
  ['calls and assertions behind it', `${add}\nprint(add(1, 2))\nassert add(1, 1) == 3`],
  ['a main block', `${add}\nif __name__ == '__main__':\n    add(1, 2)\n`],
])('takes the program out of %s', (_what, text) => {
  expect(extractProgram(text, wanted).trim()).toBe(add.trim());
  expect(extractProgram(text, wanted)).toMatch(/\n$/);
});

it.each([
  [
    'imports, constants and helpers',
    `import math\n\nONE = 1\n\ndef helper(x):\n    return x\n\n${add}\ndef other():\n    return 1\n`,
  ],
  ['comments and docstrings', `# Adds.\n${add.replace('\n', '\n    """A sum."""\n')}`],
  ['statements that the function needs', `table = {}\nfor i in range(3):\n    table[i] = i\n${add}`],
  ['Windows line breaks', add.replaceAll('\n', '\r\n')],
  ['a class', `class add:\n    def __init__(self):\n        self.x = 1\n`],
])('keeps %s', (_what, program) => {
  expect(extractProgram(program, wanted)).toBe(program);
});

it('leaves a text that defines nothing of what is wanted as it is, but for prose', () => {
  expect(extractProgram('The answer:\nprint(1)', wanted)).toBe('print(1)\n');
  expect(extractProgram('I cannot do that.', wanted)).toBe('I cannot do that.\n');
  expect(extractProgram('', wanted)).toBe('');
});

const twice = 'def twice(x):\n    return add(x, x)\n';
const indentBy = (text: string, by: string) => text.replaceAll(/^(?=.)/gm, by);
const fence = (text: string, info = 'python', mark = '```') => `${mark}${info}\n${text}${mark}\n`;

describe('extractProgram', () => {
  it.each([
    ['a fence indented in a list', `1. First:\n\n${indentBy(fence(add), '   ')}\n2. Then run it.`],
    ['a fence behind the mark of a list', `- ${indentBy(fence(add), '  ').trimStart()}\n- Run it.`],
    ['a fence in a quotation', indentBy(fence(add), '> ')],
    ['code indented inside a fence', fence(indentBy(add, '    '))],
    ['a block of four spaces', `Here it is:\n\n${indentBy(add, '    ')}\nIt adds.`],
    ['a block of a tab', `Here it is:\n\n${indentBy(add, '\t')}\nIt adds.`],
    [
      'thoughts before it',
      `<think>\nMaybe def add(a): no.\n${fence('def add(a):\n    return a\n')}</think>\n\n${fence(add)}`,
    ],
    ['thoughts that the prompt opened', `def add(a): is wrong\n</think>\n${add}`],
    ...[
      ['<thought>', '</thought>'],
      ['<reasoning>', '</reasoning>'],
      ['[THINK]', '[/THINK]'],
      ['◁think▷', '◁/think▷'],
    ].map(([open, close]): [string, string] => [
      `thoughts between ${open} and ${close}`,
      `${open}\n${fence('def add(a):\n    return a\n')}${close}\n\n${add}`,
    ]),
    ['the beginning of a turn', `<|im_start|>assistant\n${add}<|im_end|>`],
    ['the beginning of a text', `<s>${add}</s>`],
    ['thoughts with nothing after them', `<think>\n${fence(add)}</think>\n`],
    ['the marks of examples', `[BEGIN]\n${add}[DONE]\nYou are an expert`],
    ['a mark that the prompt opened', `${add}[DONE]\n\ndef other():\n    return 1\n`],
    ['marks of another family', `[PYTHON]\n${add}[/PYTHON]\n[TESTS]\nassert add(1, 1) == 3\n[/TESTS]`],
    ['tags around it', `Here it is:\n<answer>\n${add}</answer>\nI hope it helps.`],
    ['tags of a page', `<pre><code class="language-python">\n${add}</code></pre>\n`],
    ['a fence before tags of something else', `${fence(add)}<answer>\n42\n</answer>\n`],
    ['a byte order mark', `\ufeff${add}`],
    ['a fence between marks', `[BEGIN]\n${fence(add)}[DONE]`],
    ['a corrected second fence', `${fence(add.replace('+', '-'))}Oops, that subtracts:\n${fence(add)}`],
    ['a second fence that was cut off', `${fence(add)}Or:\n\`\`\`python\ndef add(a, b):\n    return (a +`],
    ['a second fence with a stub', `${fence(add)}As in\n${fence('def add(a, b):\n    ...\n')}`],
    ['a session', `>>> def add(a, b):\n...     return a + b\n... \n>>> add(1, 2)\n3\n`],
    [
      'a session in a fence',
      fence('>>> def add(a, b):\n...     return a + b\n...\n>>> add(1, 2)\n3\n', 'pycon'),
    ],
    [
      'a session of IPython',
      'In [1]: def add(a, b):\n   ...:     return a + b\n   ...:\n\nIn [2]: add(1, 2)\nOut[2]: 3\n',
    ],
    ['a session of IPython in a fence', fence('In [1]: def add(a, b):\n   ...:     return a + b\n')],
    ['a cell of a notebook', 'In [1]:\ndef add(a, b):\n    return a + b\n\nOut[1]:\n3\n'],
    ['a prompt without others below it', 'In [12]: def add(a, b):\n    return a + b\nOut[12]: 3\n'],
    ['the bare name of the language', `python\n${add}`],
    ['the bare name of the language, below prose', `Here it is:\n\npython\nCopy code\n${add}\nIt adds.`],
    ['the bare name of the language in a fence', fence(`Python\n${add}`, '')],
    ['a fence with code on its own line', `\`\`\`python def add(a, b):\n    return a + b\n\`\`\`\nIt adds.`],
    ['the end of a turn', `${add.trimEnd()}</s>`],
    ['the end of a turn on a line of its own', `${add}<|im_end|>\n<|im_start|>user\nadd = 3`],
    ['two ends of a turn', `${add}<|eot_id|><|end_of_text|>\n`],
    ['an end behind a fence', `${fence(add).trimEnd()}<end_of_turn>`],
    ['tildes', fence(add, 'python', '~~~')],
    ['attributes of a fence', fence(add, 'python title="add.py" linenums="1"')],
    ['attributes in braces', fence(add, '{.python .numberLines}')],
    ['a file name behind the language', fence(add, 'py:add.py')],
    ['a longer fence', fence(add, 'Python3', '`````')],
    ['attributes with a name', fence(add, '{#id .py}')],
    ['a blank before the language', fence(add, ' python3')],
    ['tildes with code on their own line', `~~~python def add(a, b):\n    return a + b\n~~~\n`],
    ['attributes with code on their own line', `\`\`\`{.python .a} def add(a, b):\n    return a + b\n\`\`\``],
    ['quotes for a fence', `Here it is:\n'''python\n${add}'''\nIt adds.`],
    ['double quotes for a fence', `"""py\n${add}"""`],
    ['quotes for a fence, in a list', `1. Code:\n   '''Python\n${indentBy(add, '   ')}   '''\n2. Run it.`],
    ['quotes for a fence that is never closed', `'''python3\n${add}`],
    ['tildes that are never closed', `Code:\n~~~\n${add}`],
    ['a fence in a list that is never closed', `- Code:\n  \`\`\`python\n${indentBy(add, '  ')}`],
    [
      'output in a fence of its own',
      `${fence('def add: no\n', 'text')}${fence(add)}${fence('3\n', 'output')}`,
    ],
    [
      'a program of another language',
      `${fence('function add(a, b) { return a + b; }\n', 'javascript')}${fence(add)}`,
    ],
    [
      'use of it that reads input',
      `${fence(add)}${fence('n = int(input())\nfor i in range(n):\n    print(add(i, i))\n')}`,
    ],
  ])('takes the program out of %s', (_what, text) => {
    expect(extractProgram(text, wanted).trim()).toBe(add.trim());
    expect(extractProgram(text.replaceAll('\n', '\r\n'), wanted).replaceAll('\r\n', '\n').trim()).toBe(
      add.trim(),
    );
  });

  const both = namesIn('assert twice(2) == 4');
  it.each([
    [
      'imports in a fence of their own',
      `${fence('import math\nfrom os import path as p\n')}${fence(twice.replace('add(x, x)', 'math.floor(x)'))}`,
      'import math\ndef twice(x):\n    return math.floor(x)\n',
    ],
    [
      'imports behind it',
      `${fence('def twice(x: List):\n    return x\n')}You need\n${fence('from typing import List\n')}`,
      'from typing import List\ndef twice(x: List):\n    return x\n',
    ],
    ['a helper before it', `${fence(add)}and\n${fence(twice)}`, add + twice],
    [
      'a helper with code on the line of its fence',
      `\`\`\`python ${add}\n${twice}\`\`\`\nIt doubles.`,
      `${add}\n${twice}`,
    ],
    [
      'a fence with code on its line, behind a program',
      `\`\`\`python ${add.replace('+', '-')}\n${twice}\`\`\`\nThe helper must be\n\`\`\`python ${add}\`\`\``,
      `${twice}${add}`,
    ],
    ['a helper behind it', `${fence(twice)}where\n${fence(add)}`, twice + add],
    [
      'a corrected helper',
      `${fence(add.replace('+', '-') + twice)}Fix the helper:\n${fence(add)}`,
      twice + add,
    ],
    [
      'a constant before it',
      `${fence('LIMIT = 3\nOTHER = 4\n')}${fence('def twice(x):\n    return LIMIT\n')}`,
      'LIMIT = 3\ndef twice(x):\n    return LIMIT\n',
    ],
    [
      'what only the helper needs',
      `${fence('import math\n')}${fence('def add(a, b):\n    return math.fsum([a, b])\n')}${fence(twice)}`,
      `import math\ndef add(a, b):\n    return math.fsum([a, b])\n${twice}`,
    ],
  ])('joins fences: %s', (_what, text, program) => {
    expect(extractProgram(text, both)).toBe(program);
  });

  it.each([
    [
      'a fence in a docstring',
      'def add(a, b):\n    """Adds.\n\n    ```python\n    add(1, 2)\n    ```\n    """\n    return a + b\n',
    ],
    [
      'a session in a docstring',
      'def add(a, b):\n    """\n    >>> def f(): pass\n    >>> add(1, 2)\n    3\n    """\n    return a + b\n',
    ],
    ['the end of a turn in a string', "def add(a, b):\n    x = '<s>' + '</s>'\n    return a + b\n"],
    ['the end of a turn in a docstring', 'def add(a, b):\n    """Adds </s>\n    """\n    return a + b\n'],
    [
      'a fence of one line in a docstring',
      'def add(a, b):\n    """\n    ```python def f(): pass```\n    """\n    return a + b\n',
    ],
    [
      'the name of the language in a docstring',
      'def add(a, b):\n    """\npython\ndef f(): pass\n    """\n    return a + b\n',
    ],
    [
      'a fence with code on its line in a comment',
      'def add(a, b):\n    # Not: ```python def f(): pass\n    return a + b\n',
    ],
    [
      'quotes and the name of the language at the beginning',
      "'''python\nAdds.\n'''\ndef add(a, b):\n    return a + b\n",
    ],
    ['tabs', 'def add(a, b):\n\tif a:\n\t\treturn a + b\n\treturn b\n'],
  ])('keeps %s', (_what, program) => {
    expect(extractProgram(fence(program), wanted)).toBe(program);
    expect(extractProgram(program, wanted)).toBe(program);
  });

  const short = 'def add(a, b): return a + b\n';
  it.each([
    ['a fence of one line', '```python def add(a, b): return a + b```'],
    ['a fence of one line without a language', 'Sure:\n``` def add(a, b): return a + b ```\nIt adds.'],
    ['tildes of one line', '~~~python def add(a, b): return a + b~~~'],
    [
      'a second fence of one line',
      '```python def add(a, b): return a - b```\nThat subtracts:\n```python def add(a, b): return a + b```',
    ],
    ['a fence within a line', 'Here it is: ```py def add(a, b): return a + b```.'],
  ])('takes the program out of %s', (_what, text) => {
    expect(extractProgram(text, wanted).replace(/ +\n/, '\n')).toBe(short);
  });

  it('leaves a body that continues a prompt indented', () => {
    const body = '    x = a\n    return x + b\n';
    expect(extractProgram(fence(body), wanted)).toBe(body);
    expect(extractProgram(`${body}</s>`, wanted)).toBe(body);
  });

  it('takes time that grows with the text alone, whatever stands in it', () => {
    const hostile = [
      fence('x = """\n').repeat(3_000),
      '[BEGIN]\n'.repeat(20_000),
      '</s>'.repeat(20_000),
      '- ```\n'.repeat(10_000),
      '```python def f\n'.repeat(10_000),
      `def add():\n${"'''\n```py def f\n".repeat(10_000)}`,
      "'''python\n".repeat(20_000),
    ];
    // Of the processor: a busy machine decides nothing.
    const start = process.cpuUsage();
    for (const text of hostile) extractProgram(text, wanted);
    expect(process.cpuUsage(start).user).toBeLessThan(10_000_000);
  });
});
