import { extractProgram, namesIn } from '@sipf/tasks';
import { describe, expect, it } from 'vitest';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';

const add = 'def add(a, b):\n    return a + b\n';
const wrong = 'def add(a, b):\n    return a - b\n';
const fence = (code: string, info = 'python') => `\`\`\`${info}\n${code}\`\`\`\n`;
const indentBy = (text: string, by: string) => text.replaceAll(/^(?=.)/gm, by);
const tests = 'assert add(1, 2) == 3';

const headLeftOut = "the line of the fence does not parse and is left out, and the function's head with it";
const isOneString = 'quoted, the whole parses as one string';

/** Texts, and for each one on which evalplus does not find a program that passes, why. Here all of them pass. */
const texts: readonly (readonly [name: string, text: string, whyTheyDiffer?: string])[] = [
  ['a program alone', add],
  ['prose around it', `Sure, here you are:\n\n${add}\nThis adds both.`],
  ['a fence', `Here:\n${fence(add)}Done.`],
  ['a fence that is never closed', `Here:\n\`\`\`python\n${add}`],
  ['tildes', `~~~python\n${add}~~~\n`],
  ['a program and its use', fence(`${add}print(add(1, 2))\nassert add(0, 0) == 1\n`)],
  ['a main block', fence(`${add}if __name__ == '__main__':\n    add(int(input()), 1)\n`)],
  ['a definition that is cut off', `${add}\ndef other(a):\n    return (a +`],
  ['imports above it', fence('import math\ndef add(a, b):\n    return math.fsum([a, b])\n')],
  ['a helper above it', fence('def plus(a, b):\n    return a + b\ndef add(a, b):\n    return plus(a, b)\n')],
  [
    'a class above it',
    fence(
      'class P:\n    def go(self, a, b):\n        return a + b\ndef add(a, b):\n    return P().go(a, b)\n',
    ),
  ],
  ['the same twice', `${add}\n${wrong}`],
  ['thoughts', `<think>\nI add them.\n</think>\n\n${fence(add)}`],
  ['marks of examples', `[BEGIN]\n${add}[DONE]\n`],
  ['the end of a turn on its line', `${add}</s>\n`],
  ['Windows line breaks', fence(add).replaceAll('\n', '\r\n')],
  [
    'a fence in a docstring',
    fence(
      'def add(a, b):\n    """Adds.\n\n    ```python\n    add(1, 2)\n    ```\n    """\n    return a + b\n',
    ),
  ],
  ['code on the line of its fence', `\`\`\`python def add(a, b):\n    return a + b\n\`\`\`\n`, headLeftOut],
  ['a fence of one line', 'Here: ```python def add(a, b): return a + b```', headLeftOut],
  ['tildes with code on their line', `~~~py def add(a, b):\n    return a + b\n~~~\n`, headLeftOut],
  ['tildes that are never closed', `~~~\n${add}`],
  ['attributes', fence(add, '{.python .numberLines}')],
  [
    'attributes and code on their line',
    `\`\`\`{.python} def add(a, b):\n    return a + b\n\`\`\`\n`,
    headLeftOut,
  ],
  ['a file name behind the language', fence(add, 'python:add.py')],
  ['quotes for a fence', `Here:\n'''python\n${add}'''\nDone.`, isOneString],
  ['double quotes for a fence', `"""python\n${add}"""\n`, isOneString],
  [
    'quotes for a fence, with a docstring in it',
    `'''python\ndef add(a, b):\n    '''Adds.'''\n    return a + b\n'''\n`,
  ],
  ['quotes that are never closed', `'''python\n${add}`],
  ['a command before it', `${fence('pip install numpy\n', 'bash')}${fence(add)}`],
  [
    'a list',
    `1. Code:\n\n${indentBy(fence(add), '   ')}`,
    'it parses lines as they stand, indented ones never do',
  ],
  ['a block of four spaces', `Code:\n\n${indentBy(add, '    ')}\nDone.`, 'it parses lines as they stand'],
  ['a session', '>>> def add(a, b):\n...     return a + b\n...\n>>> add(1, 2)\n3\n', 'it knows no prompts'],
  [
    'an end of turn behind the code',
    `${add.trimEnd()}</s>`,
    'a line that does not parse is left out, and with it the body',
  ],
  [
    'a corrected second fence',
    `${fence(wrong)}That subtracts. Corrected:\n${fence(add)}`,
    'of two as long it takes the first, which the model takes back',
  ],
  [
    'a helper in a fence of its own',
    `${fence('def plus(a, b):\n    return a + b\n')}Then:\n${fence('def add(a, b):\n    return plus(a, b)\n')}`,
    'it takes one run of lines',
  ],
  [
    'imports in a fence of their own',
    `${fence('import math\n')}Then:\n${fence('def add(a, b):\n    return math.fsum([a, b])\n')}`,
    'it takes one run of lines',
  ],
  [
    'a wrong thought as code',
    `<think>\n${fence(`${wrong}# or so\nx = 1\n`)}</think>\n${fence(add)}`,
    'it takes the longest code, a thought or not',
  ],
  [
    'a longer use than the program',
    `${fence(add)}Use:\n${fence('a = 1\nb = 2\nc = 3\nprint(a, b, c)\n')}`,
    'it takes the longest run of lines',
  ],
  [
    'a procedure without a return',
    fence('out = []\ndef note(x):\n    out.append(x)\ndef add(a, b):\n    note(a + b)\n    return out[-1]\n'),
    'it drops functions that return nothing',
  ],
];

describe.skipIf(peersAreAbsent('model text against evalplus'))('programs out of model text', () => {
  it(
    "pass where those of evalplus' sanitizer do, and where they do not there is a reason",
    () => {
      const cases = texts.map(([, text]) => ({
        text,
        name: 'add',
        tests,
        ours: extractProgram(text, namesIn(tests)),
      }));
      const answers = askPeer<{ theirs: boolean; ours: boolean }[]>(import.meta.url, 'model-text.py', cases);
      const compared = texts.map(([name, , why], at) => ({
        name,
        ...answers[at],
        differs: why !== undefined,
      }));
      expect(compared.filter(({ ours }) => ours !== true)).toEqual([]);
      expect(compared.filter(({ theirs, differs }) => theirs === differs)).toEqual([]);
    },
    PEER_LIMIT_MS,
  );
});
