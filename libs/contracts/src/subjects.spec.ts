import { expect, it } from 'vitest';
import { IterationEvent } from './generated/sipf/events/v1/events.ts';
import { ITERATION_STAGES, iterationSubject, parseIterationSubject, stageOfEvent } from './subjects.ts';

it('reads back every subject it writes', () => {
  for (const stage of ITERATION_STAGES) {
    const parts = { runId: 'run-7', iteration: 3, stage };
    expect(parseIterationSubject(iterationSubject(parts))).toEqual(parts);
  }
});

it('refuses run ids that would change the subject', () => {
  for (const runId of ['', 'a.b', '*', '>', 'A', 'x'.repeat(65)]) {
    expect(() => iterationSubject({ runId, iteration: 1, stage: 'started' })).toThrow(/no event subject/);
  }
});

it('ignores subjects of others', () => {
  expect(parseIterationSubject('sipf.x.iteration.1.unknown')).toBeUndefined();
  expect(parseIterationSubject('other.x.iteration.1.started')).toBeUndefined();
});

it('names the stage of an event by its payload', () => {
  const event = IterationEvent.fromPartial({ stage: { $case: 'verifierTrained', value: {} } });
  expect(stageOfEvent(event)).toBe('verifier-trained');
  expect(stageOfEvent(IterationEvent.fromPartial({}))).toBeUndefined();
});
