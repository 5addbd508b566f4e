import type { Stage } from '../plan/stage.ts';
import { factsOf, verifierShape, type Facts } from './facts.ts';
import { linearParameters } from './model-shape.ts';
import { enginesOf } from './services.ts';

/**
 * What merging takes of one core of an EPYC (Zen 5), measured: products a second (`libs/inference`), and bytes of the folder a
 * second through all that reads, rounds, writes and hashes them: 0.8 GB of two layers of 7B took 18 s of processor time.
 */
const MERGING = { products: 6.1e9, bytes: 0.2e9 } as const;

/** An adapter of a verifier merged into its base, for servers that take whole models. */
export interface Merging {
  /** The stage that waits for it: the first that asks the verifier. */
  readonly stage: string;
  readonly hours: number;
  readonly parameters: number;
  /** Of the folder, in its base's dtype. */
  readonly bytes: number;
  readonly bytesOfElement: number;
  readonly how: string;
}

/** The merges of a plan, one for each verifier that it trains as an adapter and scores with on servers. */
export function mergingsOf(plan: readonly Stage[], facts: Facts): Merging[] {
  const { verifier, policy } = facts.config;
  const isMerged = enginesOf(facts).verifier.kind !== 'engine' && verifier?.trainable === 'lora';
  const { lora } = policy;
  if (!isMerged || lora === undefined) return [];
  const hasSimulator = plan.some(({ kind }) => kind === 'simulator');
  return plan
    .filter(({ kind }) => kind === 'train-verifier')
    .flatMap((trained) => {
      const first = plan.find(({ kind, after }) => kind === 'score' && after.includes(trained.id));
      if (first === undefined) return [];
      return [{ stage: first.id, ...mergingOf(factsOf(trained, facts), { rank: lora.rank, hasSimulator }) }];
    });
}

function mergingOf(
  facts: Facts,
  { rank, hasSimulator }: { readonly rank: number; readonly hasSimulator: boolean },
): Omit<Merging, 'stage'> {
  const shape = verifierShape(facts);
  const { parameters } = shape;
  const products = linearParameters(shape) * rank;
  // What this run trains is written in float32.
  const isOwnBase = facts.config.verifier?.base === 'simulator' && hasSimulator;
  const bytesOfElement = isOwnBase ? 4 : (shape.storedBytes ?? 2);
  const bytes = parameters * bytesOfElement;
  const seconds = products / MERGING.products + bytes / MERGING.bytes;
  const how =
    `${(products / 1e9).toFixed(0)} G products (linear elements x rank ${rank}) / ${MERGING.products / 1e9} G/s ` +
    `+ ${(bytes / 1e9).toFixed(1)} GB / ${MERGING.bytes / 1e9} GB/s of reading, writing and hashing, ` +
    'measured on one core of an EPYC (Zen 5); once, whatever starts again';
  return { hours: seconds / 3600, parameters, bytes, bytesOfElement, how };
}
