import { gsm8kTask, type Problem } from '@sipf/tasks';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';
import { mathVerifyCases } from './math-verify-cases.ts';
import { endings, knownDifferences, spellings, type Ending } from './math-verify-endings.ts';
import { knownVerdicts } from './support/known-verdicts.ts';

const data = join(import.meta.dirname, '../../../../shared/data/gsm8k');
/** `MATH_VERIFY_EVERY=1` compares on every solution, an hour of work the first time; unset, on a few of them. */
const every = Number(process.env['MATH_VERIFY_EVERY'] ?? 160);
/** Texts in one call of the peer, which has a limit of time. */
const CHUNK = 1_500;

const known = knownVerdicts('math-verify');

interface Graded {
  readonly solution: string;
  readonly gold: string;
  readonly text: string;
  readonly ending: Ending;
}

describe.skipIf(peersAreAbsent('answers against math-verify'))('answers', () => {
  it.skipIf(!existsSync(data))(
    'have the verdicts of math-verify on solutions of GSM8K in the styles of published models',
    { timeout: every >= 40 ? PEER_LIMIT_MS : 7_200_000 },
    () => {
      const texts = solutions().flatMap((problem, at) =>
        endings.map((ending, nth) => write(problem, ending, at + nth)),
      );
      const differing = chunksOf(texts).flatMap((chunk) => {
        const theirs = verdicts(chunk.map(({ gold, text }) => [gold, text]));
        return chunk.filter((one, index) => ours(one).some((verdict) => verdict !== theirs[index]));
      });
      const strange = differing.filter(
        ({ solution }) => !knownDifferences.some(({ when }) => when(solution)),
      );
      expect(strange.map(({ ending, gold, text }) => [ending.style, gold, text.slice(-80)])).toEqual([]);
    },
  );

  it(
    'have the verdicts of math-verify on cases of its own kind, or a reason not to',
    { timeout: PEER_LIMIT_MS },
    () => {
      const theirs = verdicts(mathVerifyCases.map(({ gold, text }) => [gold, text]));
      const found = mathVerifyCases.map(({ gold, text }, index) => ({
        gold,
        text,
        theirs: theirs[index],
        ours: isRight(gold, text, 'strict'),
      }));
      expect(found).toEqual(
        mathVerifyCases.map(({ gold, text, isRight: right, reason }) => ({
          ...{ gold, text, ours: right },
          theirs: reason === undefined ? right : !right,
        })),
      );
    },
  );
});

/** Every so many problems of GSM8K, with their solutions. */
function solutions(): Problem[] {
  const all = ['train', 'test'].flatMap((part) =>
    gsm8kTask.parseProblems(readFileSync(join(data, `${part}.jsonl`), 'utf8'), part),
  );
  expect(all.length).toBe(8_792);
  return all.filter((_, index) => index % every === 0);
}

/** The solution without its marks, in words a model might use, ended in a style; which spelling it has goes round. */
function write({ answer: gold, solution = '' }: Problem, ending: Ending, at: number): Graded {
  const spelling = spellings[at % spellings.length] ?? String;
  const rationale = solution.replaceAll(/<<[^<>]*>>/g, '');
  return {
    solution: rationale,
    gold,
    text: `${rationale}${ending.text.replaceAll('N', () => spelling(gold))}`,
    ending,
  };
}

function ours({ gold, text, ending }: Graded): boolean[] {
  const modes = ending.isMarked ? (['strict', 'flexible'] as const) : (['flexible'] as const);
  return modes.map((mode) => isRight(gold, text, mode));
}

function isRight(gold: string, text: string, mode: 'strict' | 'flexible'): boolean {
  const problem = { id: '', question: '', answer: gold };
  return gsm8kTask.isCorrect(problem, gsm8kTask.extractAnswer(text, mode));
}

function verdicts(pairs: readonly (readonly [string, string])[]): readonly boolean[] {
  return known.of(pairs, (open) => askPeer<boolean[]>(import.meta.url, './math-verify.py', open));
}

function chunksOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, at) =>
    all.slice(at * CHUNK, (at + 1) * CHUNK),
  );
}
