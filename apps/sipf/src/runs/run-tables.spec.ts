import type { RunRecord } from '@sipf/runs';
import { expect, it } from 'vitest';
import { describeRun, listRuns } from './run-tables.ts';

const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`;
const NOTHING = { outputs: {}, counts: {}, figures: {} };
const RUN: RunRecord = {
  ...{ id: 'x', standing: 'interrupted', config: undefined, commit: 'c', failure: '', otherCode: [] },
  ...{ startedAt: at(0), lastAt: at(3), entries: 4 },
  stages: [
    { id: 'data', startedAt: at(1), completedAt: at(3), ...NOTHING, counts: { train: 5 } },
    { id: 'sft-0', startedAt: at(3), ...NOTHING },
  ],
};

it('describes the stages with their times and what they made', () => {
  expect(describeRun(RUN).split('\n')).toEqual([
    'run x: interrupted, started 2026-01-02 03:04',
    '',
    'stage  state       time   counts and figures',
    'data   done        2.0 s  train 5',
    'sft-0  unfinished',
    '',
    'resume it with `sipf resume x`',
  ]);
});

it('lists runs with the stages that are open, and damaged ones with the reason', () => {
  const damaged: RunRecord = { ...RUN, id: 'y', standing: 'damaged', failure: 'line 3 is damaged' };
  const lines = listRuns([{ ...RUN, standing: 'succeeded' }, RUN, damaged]).split('\n');
  expect(lines.map((line) => line.split(/\s{2,}/))).toEqual([
    ['run', 'state', 'what', 'started', 'stage'],
    ['x', 'succeeded', '2026-01-02 03:04'],
    ['x', 'interrupted', '2026-01-02 03:04', 'sft-0'],
    ['y', 'damaged', '2026-01-02 03:04', 'line 3 is damaged'],
  ]);
});
