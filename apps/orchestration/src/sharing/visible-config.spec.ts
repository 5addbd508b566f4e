import { parseRunConfig } from '@sipf/contracts';
import { planRun } from '@sipf/runs';
import { expect, it } from 'vitest';
import { visibleConfig } from './visible-config.ts';

const optimisation = { learningRate: 1e-3 };
const config = parseRunConfig({
  method: 'srf',
  task: { name: 'arithmetic' },
  policy: { model: 'm' },
  sft: optimisation,
  sampling: { maxNewTokens: 8 },
  pairs: {},
  alignment: { optimisation },
  evaluation: { maxNewTokens: 8 },
});

function seenBy(id: string) {
  const stage = planRun(config).find((planned) => planned.id === id);
  if (stage === undefined) throw new Error(`no stage ${id}`);
  return visibleConfig(config, stage);
}

it('shows a stage the settings that its identity covers', () => {
  expect(seenBy('sft-0').sft).toEqual(config.sft);
  expect(seenBy('align-1').alignment?.beta).toBe(0.1);
  expect(seenBy('align-1').limits).toEqual(config.limits);
  expect(seenBy('sft-0').simulator).toBeUndefined();
});

it('refuses all others, inside a section too', () => {
  expect(() => seenBy('sft-0').sampling).toThrow('stage sft-0 reads sampling');
  // DPO has no odds ratio.
  expect(() => seenBy('align-1').alignment?.lambda).toThrow('stage align-1 reads lambda');
});

it('hides nothing from the stages that are never shared', () => {
  expect(seenBy('data')).toBe(config);
  expect(seenBy('report')).toBe(config);
});
