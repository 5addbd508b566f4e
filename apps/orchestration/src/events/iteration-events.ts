import { events, type common } from '@sipf/contracts';
import {
  CONTINUED_SFT,
  DATA,
  foldEach,
  parseModel,
  planRun,
  readResult,
  rowOf,
  type Reads,
  type RunEntry,
  type RunState,
  SIMULATOR,
  type Stage,
  type StageResult,
  TEST,
} from '@sipf/runs';

/**
 * The events that a log entry gives rise to, at most two (an evaluation also completes its iteration); none for
 * entries inside an iteration. Ids are functions of the run and the entry, so that publishing again is harmless.
 *
 * @param state the run up to and including the entry
 */
export function eventsOf(entry: RunEntry, state: RunState): events.IterationEvent[] {
  if (entry.kind !== 'stage-started' && entry.kind !== 'stage-completed') return [];
  const plan = planRun(state.config);
  const stage = plan.find(({ id }) => id === entry.stage);
  if (stage?.method === undefined || !isOfIteration(stage)) return [];
  const payloads =
    entry.kind === 'stage-started'
      ? startedBy(stage, plan, state)
      : reachedBy(stage, entry.result, policyBefore(stage, state));
  const needs = needsAfter(stage, { plan, state, started: entry.kind === 'stage-started' });
  return payloads.map((payload, index) =>
    events.IterationEvent.create({
      eventId: `${state.runId}/${entry.index}/${index}`,
      runId: state.runId,
      iteration: stage.iteration,
      occurredAt: new Date(entry.at),
      stage: payload,
      needs,
    }),
  );
}

/** Every event that a log gives rise to, in order. */
export function eventsOfLog(entries: readonly RunEntry[]): events.IterationEvent[] {
  return Array.from(foldEach(entries), ({ entry, state }) => eventsOf(entry, state)).flat();
}

/** What is measured beside the method's own evaluations ends no iteration. */
function isOfIteration({ policyFrom, dataset = TEST }: Stage): boolean {
  return policyFrom !== CONTINUED_SFT && dataset === TEST;
}

type Payload = NonNullable<events.IterationEvent['stage']>;

/** An iteration starts with its first stage. */
function startedBy(stage: Stage, plan: readonly Stage[], state: RunState): Payload[] {
  const first = plan.find(({ iteration, method }) => method !== undefined && iteration === stage.iteration);
  return first === stage ? [{ $case: 'started', value: { policy: policyBefore(stage, state) } }] : [];
}

function reachedBy(
  { id, kind, compared }: Stage,
  result: StageResult,
  policy: common.ModelRef | undefined,
): Payload[] {
  // What is compared with the run's own verifier ends no part of an iteration.
  if (compared !== undefined) return [];
  const boundary = rowOf(kind).boundary?.(readResult(kind, result, id) as never);
  if (boundary === undefined) return [];
  return boundary.$case === 'evaluated' ? [boundary, { $case: 'completed', value: { policy } }] : [boundary];
}

function policyBefore(stage: Stage, state: RunState): common.ModelRef | undefined {
  return modelOf(state, stage.policyFrom);
}

function modelOf(
  state: RunState,
  stage: string,
  name = stage === DATA ? 'policy' : 'model',
): common.ModelRef | undefined {
  const digest = state.completed.get(stage)?.outputs[name];
  return digest === undefined ? undefined : parseModel(digest);
}

/** The services that hold models, in the order in which their needs are published. */
const SERVICES = ['generation', 'simulation', 'verification'] as const;

/** For each service, the model of the next stage that will call it, where it is known; nothing where there is none. */
function needsAfter(
  boundary: Stage,
  {
    plan,
    state,
    started,
  }: { readonly plan: readonly Stage[]; readonly state: RunState; readonly started: boolean },
): events.Need[] {
  const open = plan.filter(({ id }) => !state.completed.has(id) && (started || id !== boundary.id));
  return SERVICES.map((service) => {
    const caller = open.find(({ kind }) => rowOf(kind).asks?.service === service);
    // What is needed after the next training is not known yet; until then memory is another's.
    const model = caller === undefined ? undefined : neededBy(caller, state);
    return events.Need.fromPartial({ service, model: model ?? {} });
  });
}

function neededBy(caller: Stage, state: RunState): common.ModelRef | undefined {
  const { simulatorFrom = DATA, policyFrom } = caller;
  const reads: Reads = caller.reads;
  switch (rowOf(caller.kind).asks?.model) {
    case 'simulator':
      return modelOf(state, simulatorFrom, simulatorFrom === DATA ? SIMULATOR : 'model');
    case 'train-verifier':
      return modelOf(state, reads['train-verifier'] ?? '');
    default:
      return modelOf(state, policyFrom);
  }
}
