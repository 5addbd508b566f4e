import { parseRunConfig, stageOfEvent } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { expect, it } from 'vitest';
import { foldRun, planRun, type RunEntry, type RunEvent, type StageResult } from '@sipf/runs';
import { eventsOf } from './iteration-events.ts';

const config = parseRunConfig({ ...SMALL_RUN, iterations: 1 });

const digestOf = (stage: string) => `sha256:${stage}`;
const resultOf = (stage: string): StageResult => ({
  outputs: { model: digestOf(stage), paths: 'p', labels: 'l', scores: 's', preferences: 'd' },
  counts: { correct: 3, total: 4, pairs: 5 },
  figures: {},
});

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

it('tells every boundary of every iteration once, under ids of its own', () => {
  const told = eventsOfWholeRun();
  expect(told.map((event) => `${event.iteration} ${stageOfEvent(event) ?? ''}`)).toEqual([
    ...['0 started', '0 aligned', '0 evaluated', '0 completed'],
    ...['1 started', '1 sampled', '1 labelled', '1 verifier-trained', '1 scored', '1 paired', '1 aligned'],
    ...['1 evaluated', '1 completed'],
  ]);
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(told.length);
  expect(eventsOfWholeRun()).toEqual(told);
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
