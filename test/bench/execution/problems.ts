import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../../run/step.ts';

/** A program that is known to be right, and the tests that say so. */
export interface Problem {
  readonly id: string;
  readonly code: string;
  readonly tests: string;
}

const dataFolder = join(root, '../shared/data');
const humanEval = join(dataFolder, 'humaneval/HumanEval.jsonl.gz');
const mbpp = join(dataFolder, 'mbpp/mbpp.jsonl');

/** Whether the problem sets are on this machine. */
export const hasProblems = existsSync(humanEval) && existsSync(mbpp);

/** All 164 problems of HumanEval and all 974 of MBPP with their reference solutions, in that order. */
export function readProblems(): readonly Problem[] {
  return [
    ...lines<HumanEvalLine>(gunzipSync(readFileSync(humanEval))).map((line) => ({
      id: line.task_id,
      code: line.prompt + line.canonical_solution,
      tests: `${line.test}\ncheck(${line.entry_point})\n`,
    })),
    ...lines<MbppLine>(readFileSync(mbpp)).map((line) => ({
      id: `MBPP/${line.task_id}`,
      code: line.code,
      tests: [line.test_setup_code, ...line.test_list].join('\n'),
    })),
  ];
}

/** Every so many-th of a list, `count` of them. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  return items.filter(
    (_, index) =>
      Math.floor(((index + 1) * count) / items.length) > Math.floor((index * count) / items.length),
  );
}

interface HumanEvalLine {
  readonly task_id: string;
  readonly prompt: string;
  readonly canonical_solution: string;
  readonly test: string;
  readonly entry_point: string;
}

interface MbppLine {
  readonly task_id: number;
  readonly code: string;
  readonly test_setup_code: string;
  readonly test_list: readonly string[];
}

function lines<T>(bytes: Uint8Array): T[] {
  return Buffer.from(bytes)
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}
