import { expect, it } from 'vitest';
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
