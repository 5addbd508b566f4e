import { SipfError } from '@sipf/errors';
import type { IterationEvent } from './generated/sipf/events/v1/events.ts';

/** The boundaries of an iteration in the order in which they are reached. */
export const ITERATION_STAGES = [
  'started',
  'sampled',
  'labelled',
  'verifier-trained',
  'scored',
  'paired',
  'aligned',
  'evaluated',
  'completed',
] as const;

export type IterationStage = (typeof ITERATION_STAGES)[number];

/** The parts of `sipf.<run>.iteration.<k>.<stage>`. */
export interface IterationSubject {
  /** 1..64 of `[a-z0-9-]`. */
  readonly runId: string;
  /** 0 is the supervised start M_0. */
  readonly iteration: number;
  readonly stage: IterationStage;
}

const RUN_ID = /^[a-z0-9-]{1,64}$/;

/** @throws SipfError `invalid-argument` when the run id or the iteration cannot be part of a subject. */
export function iterationSubject({ runId, iteration, stage }: IterationSubject): string {
  if (!RUN_ID.test(runId) || !Number.isSafeInteger(iteration) || iteration < 0) {
    throw new SipfError('invalid-argument', `no event subject for run "${runId}", iteration ${iteration}`, {
      reason: 'INVALID_FIELD',
      violations: [{ field: 'runId', description: 'must be 1 to 64 of a-z, 0-9 and -' }],
    });
  }
  return `sipf.${runId}.iteration.${iteration}.${stage}`;
}

/** The parts of a subject, or undefined when it is none of ours. */
export function parseIterationSubject(subject: string): IterationSubject | undefined {
  const match = /^sipf\.([a-z0-9-]{1,64})\.iteration\.(\d{1,9})\.([a-z-]+)$/.exec(subject);
  const stage = ITERATION_STAGES.find((known) => known === match?.[3]);
  if (match === null || stage === undefined) return undefined;
  return { runId: match[1] ?? '', iteration: Number(match[2]), stage };
}

/** The subject's stage that belongs to an event's payload. */
export function stageOfEvent(event: IterationEvent): IterationStage | undefined {
  const kind = event.stage?.$case;
  return kind === undefined ? undefined : kind === 'verifierTrained' ? 'verifier-trained' : kind;
}
