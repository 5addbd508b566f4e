import { FolderArtifactStore } from '@sipf/artifacts';
import { parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { foldRun, planRun } from '@sipf/runs';
import { expect, it } from 'vitest';
import { pathSources, type BrowsedRun } from './run-data.ts';

const config = parseRunConfig({ ...SMALL_RUN, method: 'prft' });

/** A run of pRFT whose stages left what they leave, each under its own name. */
function finished(): BrowsedRun {
  const at = '2026-01-02T03:04:05.000Z';
  const plan = planRun(config);
  const events = [
    { kind: 'run-started' as const, runId: 'r', config, commit: 'c' },
    ...plan.map(({ id }) => {
      const names = ['loop', 'test', 'paths', 'scores', 'labels'];
      const outputs = Object.fromEntries(names.map((name) => [name, `${id} ${name}`]));
      return { kind: 'stage-completed' as const, stage: id, result: { outputs, counts: {}, figures: {} } };
    }),
  ];
  const state = foldRun(events.map((event, index) => ({ index, at, ...event })));
  if (state === undefined) throw new Error('no run');
  return { state, plan, artifacts: new FolderArtifactStore('nowhere') };
}

it('shows the paths that a method keeps with the scores and labels of those that they were chosen from', () => {
  const ofSamples = { scores: 'score-1 scores', labels: 'label-1 labels', questions: 'data loop' };
  expect(pathSources(finished(), 'sample-1')).toMatchObject({ paths: 'sample-1 paths', ...ofSamples });
  expect(pathSources(finished(), 'filter-1')).toMatchObject({ paths: 'filter-1 paths', ...ofSamples });
});

it('shows answers to test questions without scores', () => {
  const sources = pathSources(finished(), 'evaluate-1');
  expect(sources).toMatchObject({ questions: 'data test', scores: undefined, labels: undefined });
});
