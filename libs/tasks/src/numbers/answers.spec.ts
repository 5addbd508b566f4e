import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gsm8kTask } from '../gsm8k/task.ts';
import { equalNumbers, extractNumber, plainNumber } from './answers.ts';

const T = String.raw;

function read(text: string, mode: 'strict' | 'flexible'): string | undefined {
  const answer = extractNumber(text, mode);
  return answer === undefined ? undefined : plainNumber(answer);
}

it.each([
  ['a\n#### 72', '72'],
  ['#### $1,000.', '$1,000'],
  ['####5\n#### 6', '5'],
  ['So it is 4. The answer is 39.', '39'],
  ['The answer is: $5.50 each. Q: how many 9', '$5.50 each'],
  ['Therefore the final answer is 1 1/2', '1 1/2'],
  [String.raw`thus \boxed{12}.`, '12'],
  ['#### 7\nThe answer is 8.', '7'],
])('finds the marked answer of %j', (text, answer) => {
  expect(extractNumber(text, 'strict')).toBe(answer);
});

it('finds no strict answer without a mark', () => {
  expect(extractNumber('The answer is:\n- 18\n- 20', 'strict')).toBeUndefined();
  expect(extractNumber('48+24 = 72', 'strict')).toBeUndefined();
  expect(extractNumber('#### ', 'strict')).toBeUndefined();
  expect(extractNumber('', 'strict')).toBeUndefined();
});

it('falls back on the last number only when asked to be flexible', () => {
  expect(extractNumber('She has 48+24 = 72 clips in 2 boxes', 'flexible')).toBe('2');
  expect(extractNumber('It is 72.\n#### many', 'flexible')).toBe('72');
  expect(extractNumber('first 3\n#### 72\nthen 5', 'flexible')).toBe('72');
  expect(extractNumber('none', 'flexible')).toBeUndefined();
});

it('answers on ten megabytes of text', () => {
  expect(extractNumber(`${'1,111 '.repeat(1_700_000)} 72`, 'flexible')).toBe('72');
});

it('compares numbers exactly', () => {
  expect(equalNumbers('0.5', '1/2')).toBe(true);
  expect(equalNumbers('1,000 dollars', '$1000.00')).toBe(true);
  expect(equalNumbers('0.33', '1/3')).toBe(false);
  expect(equalNumbers('0.30000000000000004', '0.3')).toBe(false);
  expect(equalNumbers('9007199254740993', '9007199254740992')).toBe(false);
  expect(equalNumbers('many', 'many')).toBe(false);
});

describe('a marked answer', () => {
  it.each([
    T`The answer is $\boxed{18}$.`,
    T`The final answer is: $\boxed{18}$`,
    'The answer is:\n\\[\n\\boxed{18}\n\\]',
    'The answer is:\n\n$$\n\\boxed{18}\n$$',
    T`So she earns $\boxed{18 \text{ dollars}}$ a day.`,
    T`So she earns \(\boxed{\$18.00}\) a day.`,
    T`Rick killed 18 animals. \(\boxed{18}\)`,
    T`It is on the \(\boxed{18}\)th floor.`,
    T`She watched \boxed{18} 30-minute episodes.`,
    T`16 + 2 = \boxed{18}`,
    T`\boxed{18} = 9 \times 2`,
    T`$$\boxed{x = 18}$$`,
    T`\boxed{\textbf{18}}`,
    T`\fbox{18}`,
    T`The sum of their ages will be 12+6 = 18 years Thus, $\boxed{\$18}$ in all.`,
    T`She works 8 hours a day because 7 x 2 = 14 Thus, $\boxed{18}$`,
    T`\boxed 18`,
    'She makes 9 * 2 = 18 #### 18',
    '#### 18. I hope it is correct.',
    '#### Step 1: Add\n3 + 15 = 18\n#### 2. Check\nGood.\n#### 18',
    'There are 36 - 18 = 18 more that touch it than not The answer is 18.',
    'The answer is 3 * 6 = <<3*6=18>>18.',
    'Answer: 18',
    'ANSWER: $18.00',
    '**Answer:** 18',
    '**Answer: 18**',
    '**Final Answer**\n\n18 dollars',
    '### Final Answer:\n$18',
    'Answer: She has 16 eggs. She eats 3.\nAnswer: 18',
    'The answer is **18**.',
    '**The answer is 18.**',
    'The answer is <answer>18</answer>.',
    '<think>The answer is 5.</think>\n<answer> 18 </answer>',
    'The final answer is 18. I hope it is correct.',
    T`The final answer is $\boxed{18}$. I hope it is correct.`,
    'The answer is 18 I hope it is correct',
    'The answer is therefore $18 per week.',
    'The answer to the question is 18!',
    'The answer would be Rs. 18.',
    'The answer is 18 because 3 * 6 = 18.',
    T`The answer is \(18\) dollars.`,
    'The answer is 18</s> the answer is 5',
    'The answer is 18<|im_end|>\n<|im_start|>user\nThe answer is 5',
    'The answer is 18.\n\nQ: How many?\nA: The answer is 5.',
    'Answer: 18\n\n### Question: How many?\nAnswer: 5',
    '#### 18\nThe answer is 5.',
    'The answer is 12. No, that forgets Tom: the answer is 18.',
    'Is the answer 12? Let me check whether the answer is 12. The answer is 18, and that is right.',
    T`\boxed{6} eggs are left, so she makes \boxed{18} dollars.`,
    ...[
      '*Answer:* 18',
      '_Answer: 18_',
      '***Answer: 18***',
      '<strong>Answer</strong>: 18',
      'Final Answer：18',
    ],
    ...['Final answer - 18', 'Answer – 18', 'Answer => 18', 'Answer → 18', 'Answer :- 18', 'Ans. 18'],
    ...['The answer is:\n- 18 dollars', 'The answer is\n```\n18\n```', 'The answer comes out to 18.'],
    T`\begin{aligned} x &= 2 \cdot 9 \\ &= \boxed{18} \end{aligned}`,
    T`\[\begin{array}{rcl} x &=& 3 + 15 \\ &=& \boxed{18}. \tag{1} \end{array}\]`,
    ...['The answer is 18, not 20.', 'The answer is 18 or so.', 'The answer is ∼18.'],
    ...[
      'The answer is 18 (eighteen).',
      'The answer is $18 (eighteen dollars).',
      'The answer is eighteen (18).',
    ],
    ...['The answer is at least 18.', 'The answer is 18 or more.', 'It is the 18th, so the answer is 18th.'],
    ...['The answer is Rs.18', 'The answer is 18m.', T`The answer is $18 \text{ m}$.`],
    'The answer is 18. I am sure that the answer is right.',
    ...[
      'The answer is 18。',
      'The answer is： １８。',
      '#### （18）',
      'The answer is 「18」',
      T`\boxed{18元}`,
    ],
    ...['The answer is 18 个苹果。', 'The answer is 18개', 'The answer is 约18', 'The answer is 18千克'],
    ...['The answer is 18, since 9 x 2 = 18.', 'The answer is 18, because x = 3.'],
    'The answer is 18<\uff5cend\u2581of\u2581sentence\uff5c>',
    '<|begin_of_box|>18<|end_of_box|>',
    '<|im_start|>assistant\nThe answer is 18<|im_end|>',
    '<s>The answer is 18</s>',
    ...['thinking', 'thought', 'reasoning', 'seed:think'].map(
      (tag) => `<${tag}>\nThe answer is 5.\n</${tag}>\nThe answer is 18.`,
    ),
    'The answer is 5.</thinking>The answer is 18.',
    '[THINK]The answer is 5.[/THINK]The answer is 18.',
    '◁think▷The answer is 5.◁/think▷The answer is 18.',
    '<|begin_of_thought|>The answer is 5.<|end_of_thought|>The answer is 18.',
    ...[
      T`\framebox{18}`,
      T`\framebox[2cm][c]{18}`,
      T`\boxed{\color{red}{18}}`,
      T`\boxed{\color[rgb]{1,0,0}18}`,
    ],
    ...[T`\boxed{\bbox[5px]{18}}`, T`\boxed{\fcolorbox{red}{white}{18}}`, T`{\color{blue}\boxed{18}}`],
    ...[
      '答案：18',
      '最终答案：18',
      '**答案：18**',
      '所以答案是18。',
      '答案应该是 18',
      '答：她每天赚18美元。',
    ],
    ...['答案：\n18', '答案为 $\\boxed{18}$', '答え：18', '答えは18です。', '정답: 18', '정답은 18입니다.'],
    ...['final', 'final answer', 'FinalAnswer', 'final-answer', 'ans'].map((tag) => `<${tag}>18</${tag}>`),
    ...['Answer: Janet makes $18 a day.', 'Final answer: She makes 18 dollars in all'],
    'Answer: Janet makes $18 a day.\n\nQ: What does Tom make? 5',
    ...['at most', 'at least', 'up to', 'no more than', 'not less than', 'roughly', 'a total of'].map(
      (bound) => `#### ${bound} 18`,
    ),
    ...[
      '#### 18pm',
      '#### 18 p.m.',
      'The answer is 18 a.m.',
      'The answer is 18!',
      T`$\boxed{18}$!`,
      '#### 18 !',
    ],
  ])('is 18 in %j', (text) => {
    expect([read(text, 'strict'), read(text, 'flexible')]).toEqual(['18', '18']);
  });

  it.each([
    ['The answer is –3.', '-3'],
    ['The answer is minus 72.', '-72'],
    [T`So it is minus $\boxed{72}$ degrees.`, '-72'],
    [T`$-\boxed{5}$`, '-5'],
    [T`\boxed{-\$15}`, '-15'],
    ['#### －3', '-3'],
    ['The answer is 负 3。', '-3'],
    ['The answer is 1½.', '1.5'],
    ['The answer is 2 million.', '2000000'],
    [T`The answer is $\boxed{2}$ million dollars.`, '2000000'],
    ['The answer is 5k', '5000'],
    ['The answer is $1.2K.', '1200'],
    ['The answer is 18 lakhs.', '1800000'],
    ['The answer is 2 quadrillion.', '2000000000000000'],
    ['The answer is 120 (one hundred and twenty).', '120'],
    ['The answer is 2 million (two million).', '2000000'],
    [T`The answer is $ - \boxed{5}$`, '-5'],
    [T`\boxed{\frac{1}{2}}`, '0.5'],
    [T`\boxed{\dfrac{1}{3}}`, '1/3'],
    [T`\boxed{1{,}234}`, '1234'],
    [T`\boxed{1\,234}`, '1234'],
    [T`\boxed{3 \times 10^{5}}`, '300000'],
  ])('of %j is %s', (text, value) => {
    expect([read(text, 'strict'), read(text, 'flexible')]).toEqual([value, value]);
  });

  it.each([
    ...[
      T`The answer is $7\pi$.`,
      T`\boxed{7\pi}`,
      T`\boxed{7}\pi`,
      'The answer is 7 or 8.',
      T`\boxed{7} or \boxed{8}`,
    ],
    ...[
      T`\boxed{7}, \boxed{8}`,
      T`\boxed{7,8}`,
      T`2 \times \boxed{9}`,
      T`16 - 3 - \boxed{9}`,
      T`\boxed{7}x`,
      T`\boxed{7}-8`,
    ],
    ...[
      'The answer is 7-8.',
      'The answer is 5:30.',
      'The answer is 3 of 4.',
      'The answer is not 18.',
      'The answer is 3 dozen.',
      'The answer is 0.333...',
    ],
    ...[
      'The answer is 12. Or rather, the answer is eighteen.',
      'The answer is 12/25/2024.',
      'The answer is 18 (nineteen).',
      'The answer is twenty (18).',
      'The answer is more than 18.',
    ],
    ...[
      '18 mil',
      '$18m',
      '$18 MM',
      '18 grand',
      '18 thou',
      '18 doz.',
      "18 baker's dozen",
      '18 per thousand',
    ].map((answer) => `The answer is ${answer}`),
    ...[
      '2万',
      '2 万元',
      '18亿',
      '18打',
      '3个半',
      '5、6',
      '2만 원',
      '18 bn',
      '18 mn',
      '18 kk',
      '0.3\u0305',
    ].map((answer) => `The answer is ${answer}`),
    ...[
      T`\boxed{18} dollars and \boxed{3} cents`,
      T`\boxed{3} eggs, \boxed{18} ducks`,
      T`\boxed{3}; \boxed{18}`,
      ...[
        '#### 7!',
        'Answer: 7!',
        'The answer is $7!$',
        'The answer is 7! = 5040.',
        T`\boxed{7}!`,
        T`\boxed{7!}`,
      ],
      ...[
        '7 hours 30 minutes',
        '3 below zero',
        '7 million 5',
        'half past 7',
        '7 point 5',
        '7 hours and a half',
      ].map((answer) => `The answer is ${answer}`),
      T`The answer is 7 hours $\boxed{30}$ minutes`,
      '答案不是18',
      '<think>It is 5. The answer is 5',
      '<thinking>It is 5. The answer is 5',
      '[THINK]The answer is 5',
    ],
  ])('of %j is none, strict or flexible', (text) => {
    expect([read(text, 'strict'), read(text, 'flexible')]).toEqual([undefined, undefined]);
  });
});

describe('a last number', () => {
  it.each([
    ['So he pays $1.2K', '1200'],
    ['<<48/2=24>>24\n<<48+24=72>>72', '72'],
    ['She sold 48 + 24 = <<48+24=72>>72 clips.', '72'],
    ['In all it is 5 million dollars.', '5000000'],
    ['It comes to minus 3', '-3'],
    ['The total is –3', '-3'],
    ['It is 1½', '1.5'],
    ['That is 3 × 10^5', '300000'],
    ['18 - 3 = 15 apples left.', '15'],
    ['7 apples and 2 pears', '2'],
    ['In all:\n- 3 cups\n- 18 plates', '18'],
    ['It takes 2 boxes and 18 minutes', '18'],
    ['They meet at 7pm', '7'],
    ['That makes **18**!', '18'],
    // More than one sentence, or more than one number, after a label may be a solution.
    ['Answer: Janet sells 9 eggs for $2 and makes $18.', '18'],
    ['Answer: She has 16 eggs. She eats 3.', '3'],
    ['Answer: Janet makes $18 a day.\n\nShe is rich.', '18'],
  ])('of %j is %s', (text, value) => {
    expect([read(text, 'strict'), read(text, 'flexible')]).toEqual([undefined, value]);
  });

  it.each([
    'It is 7 or 8.',
    'She works 8 hours because it takes 7 hours 30 minutes',
    'It is 7 to 8',
    'at 5:30',
    'So 10-4',
    'She is at 18 - 20',
    'He has 2x',
    'no CO2',
    '3 of 4',
    '3 dozen',
    'So it is the total - 18',
    'So he earns $18m',
    ...[
      '3 bn',
      '5 kk',
      '5 mn',
      '2 万',
      '5 万元',
      '3 000 000',
      '1 234',
      '7∞',
      '0.333…',
      '0.(3)',
      '1010_2',
      '—3',
    ].map((end) => `So in the end we get ${end}`),
    ...[
      '7!',
      '7!!',
      'half past 7',
      'a quarter to 7',
      '7 point 5',
      'seventy 5',
      '7 thirty',
      '10 less 3',
      '2 dozen and 3',
    ],
    ...[
      '7 hours 30 minutes',
      '7 hours, 30 minutes',
      '7 hrs and 30 mins',
      '7h 30m',
      '5 feet 4 inches',
      '5 ft 4 in',
    ],
    ...[
      '7 dollars and 50 cents',
      '7 lbs 3 oz',
      '1 year 6 months',
      '2 gallons 3 quarts',
      '1 km 500 m',
      '7 hours and a half',
    ],
    ...['7 million 5', '7 hundred and 5', '7 thousand 5 hundred', 'seven million 5', 'seven hundred and 5'],
    ...[
      '3 below zero',
      '3 degrees below zero',
      '3 °C below zero',
      '3 under par',
      '3 below 0',
      '7 multiplied by 3',
    ],
    ...['2 to the power of 3', 'the sum of 7 and 3', 'not more than 3 times 7'],
    ...[T`\pm 5`, T`5 \neq 6`, T`0.\overline{3}`, '7 choose 2', '7 mod 3', '7 % 3'].map(
      (end) => `We get ${end}`,
    ),
  ])('of %j is none', (text) => {
    expect(read(text, 'flexible')).toBeUndefined();
  });
});

const data = join(import.meta.dirname, '../../../../../shared/data');
const outputs = join(data, 'processbench/gsm8k.json');

it.skipIf(!existsSync(outputs))(
  'reads the gold answer, or none, in 400 right and wrong solutions of twelve models',
  () => {
    const golds = new Map(
      ['train', 'test'].flatMap((part) => {
        const text = readFileSync(join(data, `gsm8k/${part}.jsonl`), 'utf8');
        return gsm8kTask
          .parseProblems(text, part)
          .map(({ question, answer }) => [spaced(question), answer] as const);
      }),
    );
    const rows = JSON.parse(readFileSync(outputs, 'utf8')) as Solution[];
    const verdicts = rows.map(({ problem, steps, ...row }) => {
      const answer = extractNumber(steps.join('\n\n'), 'flexible');
      const isRight = answer !== undefined && equalNumbers(golds.get(spaced(problem)) ?? '', answer);
      return { isRight, isRead: answer !== undefined, expected: row.final_answer_correct };
    });
    const missed = verdicts.filter(({ isRight, expected }) => !isRight && expected);
    const wronglyRight = verdicts.filter(({ isRight, expected }) => isRight && !expected);
    // Two paths that the data set calls wrong end in GSM8K's own number; one solution without a mark ends in another number.
    expect([wronglyRight.length, missed.filter(({ isRead }) => isRead).length]).toEqual([2, 1]);
    // \boxed{4 blue and 6 red boxes}, \boxed{\15}, and two dozens.
    expect(missed.length).toBeLessThanOrEqual(4);
  },
);

interface Solution {
  readonly problem: string;
  readonly steps: readonly string[];
  readonly final_answer_correct: boolean;
}

function spaced(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

describe('a mark before a number in words or in another language', () => {
  const problem = (answer: string) => ({ id: '', question: '', answer });

  it.each([
    ...[
      '#### twenty-one',
      '#### **forty two**',
      '#### half',
      '#### one and a half',
      'The answer is a third.',
    ],
    ...[
      '2 Millionen',
      '2 tausend',
      '2 millones',
      '2 mille',
      '2 mila',
      '2 milhões',
      '2 tys.',
      '2 тысячи',
      '2 млн',
    ],
    ...[
      '2 ribu',
      '2 juta',
      '2 nghìn',
      '2 triệu',
      '2 ألف',
      '2 हज़ार',
      '2 करोड़',
      '2 miljoen',
      '2 duizend',
      '2 milyon',
    ],
  ])('%s names no other number of the text', (said) => {
    const text = `He has 3 of 2. ${said.startsWith('2') ? `The answer is ${said}` : said}`;
    for (const mode of ['strict', 'flexible'] as const) {
      const found = gsm8kTask.extractAnswer(text, mode);
      for (const wrong of ['2', '3', '1']) expect(gsm8kTask.isCorrect(problem(wrong), found)).toBe(false);
    }
    expect(gsm8kTask.isCorrect(problem('3'), gsm8kTask.extractAnswer('答えは3割です', 'flexible'))).toBe(
      false,
    );
  });

  it.each([
    ...[
      '#### US$18',
      '#### A$18',
      'Answer: US$18.',
      '#### \u200e18',
      '#### 18 miles',
      '#### 18 cents',
      '#### 18 bins',
    ],
    ...[
      '#### Two cases\nHe has 18.\n#### 18',
      '#### One day\nmore\n#### 18',
      'The answer is a third party.\n#### 18',
    ],
  ])('%j is 18 all the same', (text) => {
    for (const mode of ['strict', 'flexible'] as const)
      expect(gsm8kTask.isCorrect(problem('18'), gsm8kTask.extractAnswer(text, mode))).toBe(true);
  });
});
