import { parseRunConfig, stageOfEvent } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { foldRun, planRun, type RunEntry, type RunEvent, type StageResult } from '@sipf/runs';
import { someResult } from '@sipf/runs/testing';
import { expect, it } from 'vitest';
import { eventsOf } from './iteration-events.ts';

const config = parseRunConfig({ ...SMALL_RUN, iterations: 1 });

const digestOf = (stage: string) => `sha256:${stage}`;
const isTrained = (stage: string) => /^(simulator|sft|align|train-verifier)/.test(stage);
const resultOf = (stage: string): StageResult =>
  someResult(stage, isTrained(stage) ? { outputs: { model: digestOf(stage) } } : {});

/** Every event of a run whose stages happen one after the other. */
function eventsOfWholeRun() {
  const happened: RunEvent[] = [{ kind: 'run-started', runId: 'r', config, commit: 'c' }];
  for (const { id: stage } of planRun(config)) {
    happened.push(
      { kind: 'stage-started', stage },
      { kind: 'stage-completed', stage, result: resultOf(stage) },
    );
  }
  const entries = happened.map((event, index): RunEntry => ({ index, at: '2026-01-01T00:00:00Z', ...event }));
  return entries.flatMap((entry, index) => {
    const state = foldRun(entries.slice(0, index + 1));
    return state === undefined ? [] : eventsOf(entry, state);
  });
}

it('reports every boundary of every iteration once, under ids of its own', () => {
  const events = eventsOfWholeRun();
  expect(events.map((event) => `${event.iteration} ${stageOfEvent(event) ?? ''}`)).toEqual([
    ...['0 started', '0 aligned', '0 evaluated', '0 completed'],
    ...['1 started', '1 sampled', '1 labelled', '1 verifier-trained', '1 scored', '1 paired', '1 aligned'],
    ...['1 evaluated', '1 completed'],
  ]);
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
  expect(eventsOfWholeRun()).toEqual(events);
});

it('says what each service will be asked for next, and to free the rest', () => {
  const needs = Object.fromEntries(
    eventsOfWholeRun().map((event) => [
      `${event.iteration} ${stageOfEvent(event) ?? ''}`,
      Object.fromEntries(event.needs.map(({ service, model }) => [service, model?.digest])),
    ]),
  );
  expect(needs['0 aligned']).toEqual({
    generation: digestOf('sft-0'),
    simulation: digestOf('simulator'),
    verification: '',
  });
  expect(needs['1 verifier-trained']).toEqual({
    generation: '',
    simulation: '',
    verification: digestOf('train-verifier-1'),
  });
  expect(needs['1 aligned']).toEqual({ generation: digestOf('align-1'), simulation: '', verification: '' });
});

it('says how much of what was made, and refuses to publish a number that a log has lost', () => {
  const eventOf = (stage: string, result: StageResult) => {
    const [start] = [{ kind: 'run-started', runId: 'r', config, commit: 'c' } as const];
    const happened: RunEvent[] = [start, { kind: 'stage-completed', stage, result }];
    const entries = happened.map((event, index): RunEntry => ({
      index,
      at: '2026-01-01T00:00:00Z',
      ...event,
    }));
    const [entry, state] = [entries.at(-1), foldRun(entries)];
    return entry === undefined || state === undefined
      ? []
      : eventsOf(entry, state).map((event) => event.stage);
  };
  const counts = { positive: 3, negative: 4, correct: 5, total: 6, pairs: 7 };
  const only = (stage: string) => {
    const known = Object.keys(someResult(stage).counts);
    return someResult(stage, {
      counts: Object.fromEntries(Object.entries(counts).filter(([name]) => known.includes(name))),
    });
  };
  expect(eventOf('sample-1', only('sample-1'))).toMatchObject([{ $case: 'sampled', value: { count: 7n } }]);
  expect(eventOf('pair-1', only('pair-1'))).toMatchObject([{ $case: 'paired', value: { count: 7n } }]);
  expect(eventOf('evaluate-1', only('evaluate-1'))).toMatchObject([
    { $case: 'evaluated', value: { correct: 5, total: 6 } },
    { $case: 'completed' },
  ]);
  const lost = { ...someResult('evaluate-1'), counts: { total: 6 } };
  expect(() => eventOf('evaluate-1', lost)).toThrow(
    'log.jsonl: stage evaluate-1: counts.correct is missing: restore the log from a copy',
  );
});
