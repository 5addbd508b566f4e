/** A text and its gold answer. */
export interface MathVerifyCase {
  readonly gold: string;
  readonly text: string;
  /** Our strict verdict. */
  readonly isRight: boolean;
  /** Why math-verify's is another one; absent where it is the same. */
  readonly reason?: string;
}

type Row = readonly [gold: string, text: string];
const T = String.raw;

const agreed = (isRight: boolean, rows: readonly Row[]): MathVerifyCase[] =>
  rows.map(([gold, text]) => ({ gold, text, isRight }));
const differing = (isRight: boolean, reason: string, rows: readonly Row[]): MathVerifyCase[] =>
  rows.map(([gold, text]) => ({ gold, text, isRight, reason }));

/** Answers of the kinds that math-verify distinguishes, and what it makes of them. */
export const mathVerifyCases: readonly MathVerifyCase[] = [
  ...agreed(true, [
    ['1/2', T`\boxed{\frac{1}{2}}`],
    ['0.5', T`The answer is $\frac12$.`],
    ['1/2', T`\boxed{\dfrac{2}{4}}`],
    ['3/2', T`\boxed{1\frac{1}{2}}`],
    ['-1/2', T`\boxed{-\frac{1}{2}}`],
    ['-1/2', T`\boxed{\frac{-1}{2}}`],
    ['50', T`\boxed{50\%}`],
    ['50', 'The answer is 50 percent.'],
    ['1234', T`\boxed{1,234}`],
    ['1234', T`\boxed{1{,}234}`],
    ['1234', 'The answer is $1,234.00.'],
    ['1234567', T`\boxed{1,234,567}`],
    ['18', T`\boxed{x = 18}`],
    ['18', T`\boxed{18 \text{ cm}^2}`],
    ['18', T`\boxed{18^\circ}`],
    ['18', T`\boxed{\$18}`],
    ['18', T`\boxed{\frac{36}{2}}`],
    ['1000', T`\boxed{10^3}`],
    ['300000', T`\boxed{3 \times 10^5}`],
    ['7', T`\boxed{\{7\}}`],
    ['-3', T`\boxed{-3}`],
    ['18', 'The answer is 12. No: the answer is 18.'],
    ['18', T`The answer is $\boxed{18}$. She has 2 pets.`],
    ['18', '<think>It is 5.</think> The answer is 18.'],
    ['18', 'The answer is 18 because 3 * 6 = 18.'],
    ['18', 'The answer is 18€.'],
    ['18', 'The answer is about 18.'],
    ['18', 'The answer is at least 18.'],
    ['18', 'The answer is 18 or more.'],
    ['18', 'The answer is 18th.'],
    ['18', 'The answer is 18 (eighteen).'],
    ['18', 'The answer is 18, not 20.'],
    ['18', 'The answer is:\n- 18 dollars'],
    ['18', 'Final answer - 18'],
    ['18', T`\begin{aligned} x &= 2 \cdot 9 \\ &= \boxed{18} \end{aligned}`],
    ['0', T`\boxed{0}`],
    ['0.1', T`\boxed{.1}`],
  ]),
  ...agreed(false, [
    ['1/3', T`\boxed{0.33}`],
    ['18', T`\boxed{18.000001}`],
    ['7', T`\boxed{7\pi}`],
    ['8', 'The answer is 7 or 8.'],
    ['7', T`\boxed{7 \text{ or } 8}`],
    ['7', T`\boxed{7, 8}`],
    ['7', T`\boxed{\{7, 8\}}`],
    ['7', T`\boxed{(7, 8)}`],
    ['7', T`\boxed{[7, 8]}`],
    ['7', T`\boxed{x \geq 7}`],
    ['7', T`\boxed{\pm 7}`],
    ['7', T`\boxed{7x}`],
    ['7', 'The answer is 7-8.'],
    ['3', 'The answer is –3.'],
    ['36', 'The answer is 3 dozen.'],
    ['5', T`\boxed{5!}`],
    ['12', 'The answer is 12. No: the answer is 18.'],
    ['18', 'The answer is eighteen.'],
    ['3', T`\boxed{18} dollars and \boxed{3} cents`],
    ['-18', 'Final answer - 18'],
  ]),
  ...differing(true, 'It reads the digits and leaves out what is written as other characters.', [
    ['3/2', 'The answer is 1 1/2.'],
    ['1.5', 'The answer is 1½.'],
    ['-3', 'The answer is –3.'],
    ['18', 'The answer is １８.'],
    ['324', 'The answer is 18².'],
    ['100000', 'The answer is 1e5.'],
  ]),
  ...differing(true, 'It leaves out the sign or scale beside the digits.', [
    ['-72', 'The answer is minus 72.'],
    ['-5', T`$-\boxed{5}$`],
    ['2000000', 'The answer is 2 million.'],
    ['2000000', T`The answer is $\boxed{2}$ million.`],
    ['5000', 'The answer is 5k.'],
    ['1200', 'The answer is $1.2K.'],
    ['1800000', 'The answer is 18 lakhs.'],
  ]),
  ...differing(false, 'It takes a number out of what says another one, or none that can be read.', [
    ['72', 'The answer is minus 72.'],
    ['5', T`$-\boxed{5}$`],
    ['5', T`5 - \boxed{5}`],
    ['2', 'The answer is 2 million.'],
    ['5', 'The answer is 5k.'],
    ['18', 'The answer is 18².'],
    ['7', 'The answer is 7 or 8.'],
    ['5', 'The answer is 5:30.'],
    ['3', 'The answer is 3 of 4.'],
    ['3', 'The answer is 3 dozen.'],
    ['7', T`\boxed{2x = 7}`],
    ['18', 'The answer is not 18.'],
    ['18', 'The answer is more than 18.'],
    ['18', 'The answer is 18 (nineteen).'],
    ['18', 'The answer is 18 lakhs.'],
    ['18', 'The answer is 18 mil.'],
    ['18', 'The answer is $18m.'],
    ['18', 'The answer is 18 per thousand.'],
    ['18', "The answer is 18 baker's dozen."],
    ['18', '#### Step 18\nNothing.'],
  ]),
  ...differing(false, 'It carries a calculation out; here an answer is a number that was come to.', [
    ['18', T`\boxed{2 \times 9}`],
    ['18', T`\boxed{9 + 9}`],
    ['18', T`\boxed{\sqrt{324}}`],
    ['120', T`\boxed{5!}`],
    ['18', 'The answer is 18 (3*6).'],
  ]),
  ...differing(false, 'It takes 50 % for 50 and for 0.5; here percent is a unit, as in GSM8K.', [
    ['0.5', T`\boxed{50\%}`],
    ['50%', T`\boxed{0.5}`],
  ]),
  ...differing(false, 'It rounds to six places; here numbers are compared exactly.', [
    ['1/3', T`\boxed{0.3333333}`],
  ]),
  ...differing(false, 'It joins numbers over a blank; here they are two.', [
    ['1234', 'The answer is 1 234.'],
  ]),
  ...differing(true, 'It multiplies over a thin space, or knows no tags or abbreviations without blanks.', [
    ['1234', T`\boxed{1\,234}`],
    ['18', '<answer>18</answer>'],
    ['18', 'The answer is Rs.18.'],
    ['18', 'The answer is <answer>18</answer>.'],
  ]),
  ...differing(true, 'It takes what follows the answer: of two boxes the set, of two solutions the last.', [
    ['18', T`\boxed{6} are left, so she makes \boxed{18}.`],
    ['18', 'The answer is 18.\n\nQ: How many?\nA: The answer is 5.'],
    ['18', '#### 18\n#### 5'],
  ]),
  ...differing(false, 'It needs no mark; strict extraction does, and thinking is not an answer.', [
    ['18', 'She has 18 apples.'],
    ['18', T`$x = 18$`],
    ['18', '<think>The answer is 18.'],
  ]),
];
