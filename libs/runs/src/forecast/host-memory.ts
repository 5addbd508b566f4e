import type { FieldViolation } from '@sipf/errors';
import { stageSettings, trainingOf } from '../plan/stage-settings.ts';
import { isTraining, type Stage } from '../plan/stage.ts';
import type { Cluster } from './cluster.ts';
import type { Facts } from './facts.ts';
import { sumOf, type MemoryPart } from './memory.ts';
import { activationBytes, adapterParameters } from './model-shape.ts';
import { size } from './placement.ts';
import { enginesOf, trainingLoad } from './services.ts';

/** What Python, PyTorch and CUDA take of main memory in a process: an assumption. */
const PROCESS = 3 * 1024 ** 3;

/** What TRL's processes need of their machine's main memory, and for which training. */
export interface HostMemory {
  readonly stage: string;
  readonly parts: readonly MemoryPart[];
}

/**
 * Main memory of the training that needs most, all its processes on one machine: each loads the model there before a GPU has it
 * (so does transformers 5.24 under `fsdp2`), under `zero3` one for all; quantised weights go to the GPU tensor by tensor. Files
 * that are mapped are not counted.
 * @returns undefined where TRL trains nothing
 */
export function hostMemory(plan: readonly Stage[], facts: Facts): HostMemory | undefined {
  if (enginesOf(facts).trainer.kind !== 'trl') return undefined;
  const all = plan.filter(isTraining).map((stage) => ({ stage: stage.id, parts: partsOf(stage, facts) }));
  return all.toSorted((a, b) => sumOf(b.parts) - sumOf(a.parts))[0];
}

function partsOf(stage: Stage, facts: Facts): MemoryPart[] {
  const { trainer } = enginesOf(facts);
  if (!isTraining(stage) || trainer.kind !== 'trl') return [];
  const { processes, sharding } = trainer;
  const load = trainingLoad(stage, trainingOf(stage, stageSettings(stage, facts.config)).optimisation, facts);
  const { shape, rank, bytes, rows, tokens, offload } = load;
  const loaders = sharding === 'zero3' ? 1 : processes;
  const trained = rank > 0 ? adapterParameters(shape, rank) : shape.parameters;
  const element = rank > 0 ? bytes : 4;
  const hasReference = stage.kind === 'align' && /^(?:dpo|rpo)$/.test(stage.method.objective);
  // A reference is never quantised, and is loaded before settings of sharding are in effect.
  const copies = hasReference ? processes : loaders;
  const isQuantised = load.quantisation !== 'none' && !hasReference;
  const layers = shape.layers * activationBytes(shape, bytes, rank) * rows * tokens;
  return [
    { what: 'processes', bytes: processes * PROCESS, how: `${processes} x ${size(PROCESS)}, assumed` },
    ...(isQuantised
      ? []
      : [
          {
            what: 'models while they are loaded',
            bytes: copies * shape.parameters * element,
            how:
              `${copies} of ${processes} processes x ${shape.parameters.toLocaleString('en')} parameters x ` +
              `${element} bytes${hasReference ? ', the reference' : ''}`,
          },
        ]),
    ...(rank > 0
      ? [
          {
            what: 'adapters',
            bytes: processes * trained * 4,
            how: `${processes} x ${trained.toLocaleString('en')} x 4 bytes`,
          },
        ]
      : []),
    ...(offload
      ? [
          {
            what: 'activations that are kept there',
            bytes: processes * layers,
            how: `${processes} x ${rows} rows x ${tokens} tokens x ${shape.layers} layers`,
          },
        ]
      : []),
  ];
}

/** What a described cluster lacks of it. */
export function hostRefusal(host: HostMemory | undefined, { memory }: Cluster): FieldViolation[] {
  if (host === undefined || memory === undefined || sumOf(host.parts) <= memory) return [];
  const parts = host.parts.map(({ what, bytes }) => `${what} ${size(bytes)}`).join(', ');
  const description =
    `is ${size(memory)}, and the processes of ${host.stage} need ${size(sumOf(host.parts))} of it (${parts}): describe ` +
    'more (SIPF_TRAINER_MEMORY of a Kubernetes Job), take fewer processes, or train on quantised weights (policy.lora.quantisation)';
  return [{ field: 'cluster.memory', description }];
}
