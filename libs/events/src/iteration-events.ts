import { events, iterationSubject, parseIterationSubject, stageOfEvent } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { OutgoingEvent } from './event-bus.ts';

/**
 * The typed event as it is published: subject from run, iteration and stage, id from `eventId`.
 * @throws SipfError `invalid-argument` for an event without id or stage, or with a run id that no subject can hold.
 */
export function encodeIterationEvent(event: events.IterationEvent): OutgoingEvent {
  const { eventId, runId, iteration } = event;
  const stage = stageOfEvent(event);
  if (eventId === '' || stage === undefined) {
    const field = eventId === '' ? 'event_id' : 'stage';
    throw new SipfError('invalid-argument', `an event needs its ${field}`, {
      reason: 'INVALID_FIELD',
      violations: [{ field, description: 'is required' }],
    });
  }
  const payload = events.IterationEvent.encode(event).finish();
  return { subject: iterationSubject({ runId, iteration, stage }), id: eventId, payload };
}

/**
 * The typed event in a delivery.
 * @throws SipfError `data-loss` when the payload is none, or says something else than its subject and id.
 */
export function decodeIterationEvent({ subject, id, payload }: OutgoingEvent): events.IterationEvent {
  const event = decodePayload(subject, payload);
  const named = parseIterationSubject(subject);
  const agrees =
    named?.runId === event.runId &&
    named.iteration === event.iteration &&
    named.stage === stageOfEvent(event) &&
    event.eventId === id;
  if (!agrees) throw corrupt(`the event ${id} contradicts its subject ${subject}`);
  return event;
}

function decodePayload(subject: string, payload: Uint8Array): events.IterationEvent {
  try {
    return events.IterationEvent.decode(payload);
  } catch (cause) {
    throw corrupt(`the payload of ${subject} is not an iteration event`, cause);
  }
}

function corrupt(message: string, cause?: unknown): SipfError {
  return new SipfError('data-loss', message, { reason: 'ARTIFACT_CORRUPT', cause });
}
