import { events } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { decodeIterationEvent, encodeIterationEvent } from './iteration-events.ts';

const event = events.IterationEvent.fromPartial({
  eventId: 'log/17',
  runId: 'run-1',
  iteration: 2,
  occurredAt: new Date('2025-01-02T03:04:05.678Z'),
  stage: { $case: 'verifierTrained', value: { verifier: { digest: 'sha256:ab' } } },
  needs: [{ service: 'verification', model: { digest: 'sha256:ab' } }],
});

it('writes an event under its subject and reads it back', () => {
  const outgoing = encodeIterationEvent(event);
  expect(outgoing).toMatchObject({ subject: 'sipf.run-1.iteration.2.verifier-trained', id: 'log/17' });
  expect(decodeIterationEvent(outgoing)).toEqual(event);
});

it('refuses to write an event without an id, a stage or a proper run id', () => {
  const wrong = [{ eventId: '' }, { stage: undefined }, { runId: 'a.b' }, { runId: '' }];
  for (const change of wrong) {
    expect(() => encodeIterationEvent({ ...event, ...change })).toThrow(
      expect.objectContaining({ kind: 'invalid-argument' }) as Error,
    );
  }
});

it('refuses a payload that is not an event, or not the one that its subject names', () => {
  const outgoing = encodeIterationEvent(event);
  const wrong = [
    { payload: new Uint8Array([10, 200, 1]) },
    { payload: new Uint8Array() },
    { subject: 'sipf.run-2.iteration.2.verifier-trained' },
    { subject: 'sipf.run-1.iteration.2.scored' },
    { id: 'log/18' },
  ];
  for (const change of wrong) {
    expect(() => decodeIterationEvent({ ...outgoing, ...change })).toThrow(
      expect.objectContaining({ kind: 'data-loss' }) as Error,
    );
  }
});
