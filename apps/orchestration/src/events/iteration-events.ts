import { common, events } from '@sipf/contracts';
import {
  DATA,
  foldEach,
  planRun,
  type RunEntry,
  type RunState,
  SIMULATOR,
  type Stage,
  type StageResult,
  TEST,
} from '@sipf/runs';
import { parseModel } from '../stages/model-names.ts';

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
  if (stage?.method === undefined || isAside(stage)) return [];
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

/** What is measured beside the method's own evaluations, which alone end an iteration. */
function isAside({ kind, policyFrom, dataset }: Stage): boolean {
  return policyFrom === 'continued-sft' || kind === 'evaluate-samples' || (dataset ?? TEST) !== TEST;
}

type Payload = NonNullable<events.IterationEvent['stage']>;

/** An iteration starts with its first stage. */
function startedBy(stage: Stage, plan: readonly Stage[], state: RunState): Payload[] {
  const first = plan.find(({ iteration, method }) => method !== undefined && iteration === stage.iteration);
  return first === stage ? [{ $case: 'started', value: { policy: policyBefore(stage, state) } }] : [];
}

function reachedBy(
  { kind }: Stage,
  { outputs, counts }: StageResult,
  policy: common.ModelRef | undefined,
): Payload[] {
  const artifact = (name: string): common.ArtifactRef =>
    common.ArtifactRef.fromPartial({ digest: outputs[name] ?? '', mediaType: 'application/x-ndjson' });
  const count = (name: string): bigint => BigInt(counts[name] ?? 0);
  const model = outputs['model'] === undefined ? undefined : parseModel(outputs['model']);
  switch (kind) {
    case 'sample':
      return [
        {
          $case: 'sampled',
          value: { paths: artifact('paths'), count: count('positive') + count('negative') },
        },
      ];
    case 'label':
      return [{ $case: 'labelled', value: { labels: artifact('labels'), count: count('paths') } }];
    case 'train-verifier':
      return [{ $case: 'verifierTrained', value: { verifier: model } }];
    case 'score':
      return [{ $case: 'scored', value: { scores: artifact('scores'), count: count('paths') } }];
    case 'pair':
      return [{ $case: 'paired', value: { pairs: artifact('preferences'), count: count('pairs') } }];
    case 'sft':
    case 'align':
      return [{ $case: 'aligned', value: { policy: model } }];
    case 'evaluate':
      return [
        { $case: 'evaluated', value: { correct: counts['correct'] ?? 0, total: counts['total'] ?? 0 } },
        { $case: 'completed', value: { policy } },
      ];
    default:
      return [];
  }
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

/** The services that hold models, with the kinds of stages that call them. */
const CALLED_BY = {
  generation: ['sample', 'evaluate', 'evaluate-samples'],
  simulation: ['label'],
  verification: ['score'],
} as const;

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
  return Object.entries(CALLED_BY).map(([service, kinds]) => {
    const caller = open.find(({ kind }) => (kinds as readonly string[]).includes(kind));
    // What is needed after the next training is not known yet; until then memory is another's.
    const model = caller === undefined ? undefined : neededBy(caller, state);
    return events.Need.fromPartial({ service, model: model ?? {} });
  });
}

function neededBy(caller: Stage, state: RunState): common.ModelRef | undefined {
  switch (caller.kind) {
    case 'label': {
      const stage = caller.simulatorFrom ?? DATA;
      return modelOf(state, stage, stage === DATA ? SIMULATOR : 'model');
    }
    case 'score':
      return modelOf(state, caller.reads['train-verifier'] ?? '');
    default:
      return modelOf(state, caller.policyFrom);
  }
}
