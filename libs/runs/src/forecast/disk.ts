import { urlsOf } from '@sipf/contracts';
import { isTraining, type Stage } from '../plan/stage.ts';
import { verifierShape, type Facts } from './facts.ts';
import type { MemoryPart } from './memory.ts';
import { adapterParameters } from './model-shape.ts';
import { enginesOf, trainedShape } from './services.ts';
import type { Work } from './work.ts';

/** A token of a path in its artifact: its text of some 3.3 characters, once whole and once in steps, its share of the record. */
const BYTES_OF_TOKEN = 12;
/** Kept weights and both moments of a training's state. */
const CHECKPOINT = 12;

/** What a run leaves on disk: models, adapters, checkpoints while they are needed, paths and rows. */
export function diskParts(
  plan: readonly Stage[],
  facts: Facts,
  works: ReadonlyMap<string, Work>,
): MemoryPart[] {
  const { shapes, config } = facts;
  const models = [shapes.policy, shapes.simulator, shapes.verifierBase].filter(
    (shape) => shape !== undefined,
  );
  const trained = plan.filter(isTraining).map((stage) => trainedElements(stage, facts));
  const written = [...works.values()].reduce((sum, work) => sum + work.written + work.trained / 2, 0);
  return [
    {
      what: 'models in the artifact store',
      bytes: models.reduce((sum, { parameters }) => sum + parameters * 2, 0),
      how: `${models.map(({ name }) => name).join(', ')}: parameters x 2 bytes`,
    },
    {
      what: 'trained models and adapters',
      bytes: trained.reduce((sum, elements) => sum + elements * 4, 0),
      how: `${trained.length} trainings x trained elements x 4 bytes`,
    },
    {
      what: 'checkpoints',
      bytes: Math.max(0, ...trained) * CHECKPOINT * config.limits.concurrentStages,
      how: `${config.limits.concurrentStages} trainings at a time x elements x ${CHECKPOINT} bytes`,
    },
    ...mergedVerifier(plan, facts),
    { what: 'paths and rows', bytes: written * BYTES_OF_TOKEN, how: `tokens x ${BYTES_OF_TOKEN} bytes` },
  ];
}

/** A scoring server takes no adapter: it is merged into a folder of its own. */
function mergedVerifier(plan: readonly Stage[], facts: Facts): MemoryPart[] {
  const { verifier } = enginesOf(facts);
  const isTrained = plan.some(({ kind }) => kind === 'train-verifier');
  if (verifier.kind === 'engine' || facts.config.verifier?.trainable !== 'lora' || !isTrained) return [];
  const bytes = verifierShape(facts).parameters * 2;
  return [
    {
      what: 'the verifier, merged',
      bytes,
      how: `for ${urlsOf(verifier).length} servers: parameters x 2 bytes`,
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
