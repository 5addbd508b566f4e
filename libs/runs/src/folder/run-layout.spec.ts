import { relative } from 'node:path';
import { expect, it } from 'vitest';
import { experimentLayout, layoutIn, runLayout } from './run-layout.ts';

const under = (folder: string, layout: object) =>
  Object.fromEntries(
    Object.entries(layout).map(([name, path]) => [name, relative(folder, path as string)] as const),
  );

it('keeps the names of the files of a run, which older folders have', () => {
  const layout = runLayout('/runs', 'x');
  expect(layout.folder).toBe('/runs/x');
  expect(layoutIn('/runs/x')).toEqual(layout);
  expect(under('/runs/x', layout)).toEqual({
    ...{ folder: '', log: 'log.jsonl', lease: 'lease', config: 'config.json' },
    ...{
      results: 'results.md',
      resultsJson: 'results.json',
      metrics: 'metrics.jsonl',
      events: 'events.jsonl',
    },
    ...{
      annotations: 'annotations.jsonl',
      stages: 'stages',
      environment: 'environment.json',
      models: 'models',
    },
    ...{
      artifacts: 'artifacts',
      logs: 'logs',
      processes: 'processes.json',
      command: 'command',
      cancelWish: 'cancel-wish',
      news: 'news.json',
    },
    ...{ trainingState: 'state/training', natsState: 'state/nats' },
  });
});

it('keeps the names of the files of an experiment', () => {
  expect(under('/runs/e', experimentLayout('/runs', 'e'))).toEqual({
    ...{ folder: '', experiment: 'experiment.json', artifacts: 'artifacts', stageCache: 'shared-stages' },
    ...{ resultsJson: 'results.json', resultsMarkdown: 'results.md', resultsCsv: 'results.csv' },
  });
});
