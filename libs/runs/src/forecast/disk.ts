import { isTraining, type Stage } from '../plan/stage.ts';
import type { Facts } from './facts.ts';
import type { MemoryPart } from './memory.ts';
import { mergingsOf } from './merging.ts';
import { adapterParameters } from './model-shape.ts';
import { enginesOf, trainedShape } from './services.ts';
import type { Work } from './work.ts';

/** A token of a path in its artifact: its text of some 3.3 characters, once whole and once in steps, its share of the record. */
const BYTES_OF_TOKEN = 12;
/** Kept weights and both moments of a training's state. */
const CHECKPOINT = 12;
/** How many of one training are there at most. */
const KEPT = {
  trl: { kept: 3, why: 'two kept while the newest is written' },
  engine: { kept: 2, why: 'one kept while the next is written' },
} as const;

/** What a run leaves on disk: models, adapters, checkpoints while they are needed, paths and rows. */
export function diskParts(
  plan: readonly Stage[],
  facts: Facts,
  works: ReadonlyMap<string, Work>,
): MemoryPart[] {
  const { shapes } = facts;
  const { policy, simulator, verifierBase, comparedBases = [] } = shapes;
  const models = [policy, simulator, verifierBase, ...comparedBases].filter((shape) => shape !== undefined);
  const trained = plan.filter(isTraining).map((stage) => trainedElements(stage, facts));
  const written = [...works.values()].reduce((sum, work) => sum + work.written + work.trained / 2, 0);
  return [
    {
      what: 'models in the artifact store',
      bytes: models.reduce((sum, { parameters, storedBytes = 2 }) => sum + parameters * storedBytes, 0),
      how: models.map(({ name, storedBytes = 2 }) => `${name}: parameters x ${storedBytes} bytes`).join(', '),
    },
    {
      what: 'trained models and adapters',
      bytes: trained.reduce((sum, elements) => sum + elements * 4, 0),
      how: `${trained.length} trainings x trained elements x 4 bytes`,
    },
    checkpoints(plan, facts),
    ...mergedVerifiers(plan, facts),
    { what: 'paths and rows', bytes: written * BYTES_OF_TOKEN, how: `tokens x ${BYTES_OF_TOKEN} bytes` },
  ];
}

/** What the trainings keep of which most go on at a time: as many as wait for none of each other, and as may. */
function checkpoints(plan: readonly Stage[], facts: Facts): MemoryPart {
  const { kind } = enginesOf(facts).trainer;
  const most = facts.config.limits.concurrentStages;
  const sets = plan.filter(isTraining).map((stage) => besides(stage, plan).slice(0, most));
  const elements = (set: readonly Stage[]): number =>
    set.reduce((sum, stage) => sum + trainedElements(stage, facts), 0);
  const [largest = []] = sets.toSorted((a, b) => elements(b) - elements(a));
  const { kept, why } = KEPT[kind];
  return {
    what: 'checkpoints',
    bytes: elements(largest) * CHECKPOINT * kept,
    how:
      `${largest.map(({ id }) => id).join(' and ')}: ${elements(largest).toLocaleString('en')} trained elements x ` +
      `${CHECKPOINT} bytes x ${kept} (${why})`,
  };
}

/** A training, and others that may go on at the same time. */
function besides(training: Stage, plan: readonly Stage[]): Stage[] {
  const set: Stage[] = [training];
  for (const other of plan.filter(isTraining)) {
    if (set.every((one) => one !== other && !waitsFor(one, other, plan) && !waitsFor(other, one, plan)))
      set.push(other);
  }
  return set;
}

/** Whether a stage needs what another makes, directly or through others. */
function waitsFor({ after }: Stage, other: Stage, plan: readonly Stage[]): boolean {
  return plan.some((stage) => after.includes(stage.id) && (stage === other || waitsFor(stage, other, plan)));
}

/** A scoring server takes no adapter: it is merged into a folder of its own, which stays in the store. */
function mergedVerifiers(plan: readonly Stage[], facts: Facts): MemoryPart[] {
  const merged = mergingsOf(plan, facts);
  if (merged.length === 0) return [];
  const how = Map.groupBy(
    merged,
    ({ parameters, bytesOfElement }) => `${parameters.toLocaleString('en')} parameters x ${bytesOfElement}`,
  );
  return [
    {
      what: merged.length === 1 ? 'the verifier, merged' : 'verifiers, merged',
      bytes: merged.reduce((sum, { bytes }) => sum + bytes, 0),
      how:
        `${[...how].map(([one, times]) => `${times.length} x ${one}`).join(' + ')} bytes, of the base's dtype; ` +
        'drafted inside the store, so never there twice',
    },
  ];
}

function trainedElements(stage: Stage, facts: Facts): number {
  const shape = trainedShape(stage, facts);
  const { policy, verifier } = facts.config;
  if (stage.kind === 'train-verifier' && verifier?.trainable === 'head') return 2 * shape.hiddenSize;
  const isAdapter =
    stage.kind === 'train-verifier' ? verifier?.trainable === 'lora' : stage.kind !== 'simulator';
  return isAdapter && policy.lora !== undefined
    ? adapterParameters(shape, policy.lora.rank)
    : shape.parameters;
}
