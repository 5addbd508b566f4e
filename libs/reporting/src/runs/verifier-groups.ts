import { configOf, type StageResults } from '@sipf/runs';
import { basename } from 'node:path';
import type { HeldOutVerifier } from '../error-analysis/held-out-verifier.ts';
import { meanOf, meanOfAll, sumOf } from './accuracy-groups.ts';
import { recipeFacts } from './recipe-facts.ts';
import type { ReportedRun } from './reported-run.ts';
import { variantsOf } from './variants.ts';

/** How good one verifier is, against exact step labels; shares in [0, 1]. */
interface VerifierFigures {
  readonly stepAccuracy: number;
  readonly auc: number;
  readonly f1: number;
  /** ProcessBench's, of the first wrong step. */
  readonly firstErrorF1: number | undefined;
  readonly ece: number;
  /** Share of the labels that it learnt from that are right. */
  readonly labelAccuracy: number | undefined;
  readonly steps: number;
  readonly paths: number;
}

/** One line of table 3: a kind of verifier, over the seeds that it was trained with. */
export interface VerifierGroup {
  readonly kind: 'PRM' | 'ORM';
  readonly base: string;
  readonly trainable: string;
  /** What sets it apart from other runs of its method. */
  readonly variant: string;
  readonly seeds: readonly number[];
  /** Means over the seeds; steps and paths of all of them. */
  readonly figures: VerifierFigures;
  /** Lowest and highest step accuracy of the seeds. */
  readonly range: readonly [low: number, high: number];
}

interface Entry extends Pick<VerifierGroup, 'kind' | 'base' | 'trainable' | 'variant'> {
  readonly seed: number;
  readonly figures: VerifierFigures;
}

/** The verifiers of the runs; one that several runs share counts once. */
export function verifierGroups(runs: readonly ReportedRun[]): VerifierGroup[] {
  const variants = variantsOf(runs);
  const entries = runs.flatMap((run) =>
    run.analysis.verifiers.flatMap((verifier) => entryOf(run, variants.get(run.id) ?? '', verifier)),
  );
  const groups = Map.groupBy(merged(entries), ({ kind, base, trainable, variant }) =>
    JSON.stringify([kind, base, trainable, variant]),
  );
  return [...groups.values()].map(groupOf);
}

function entryOf(run: ReportedRun, variant: string, { report, compared }: HeldOutVerifier): Entry[] {
  const config = configOf({ compared }, run.config);
  if (config.verifier === undefined) return [];
  const { base: model, trainable } = config.verifier;
  // The folder's name alone, as on model cards.
  const base = typeof model === 'object' ? basename(model.model) : model;
  const kind = recipeFacts(config).feedback === 'outcome model' ? 'ORM' : 'PRM';
  const figures = {
    ...{ stepAccuracy: report.stepAccuracy, auc: report.auc, f1: report.f1 },
    ...{ firstErrorF1: report.firstError?.fixed.f1, ece: report.calibration.ece },
    // One of outcomes learns from no labels of steps.
    ...{ labelAccuracy: kind === 'PRM' ? labelAccuracyOf(run) : undefined },
    ...{ steps: report.labelledSteps, paths: report.paths },
  };
  return [{ kind, base, trainable, variant, seed: config.seed, figures }];
}

function labelAccuracyOf({ stages }: ReportedRun): number | undefined {
  const figures: StageResults['label']['figures'] | undefined = stages.find(
    ({ kind }) => kind === 'label',
  )?.figures;
  return figures?.labelAccuracy;
}

/** Runs of an experiment share verifiers: equal figures of one seed are one verifier, whose variant then says nothing. */
function merged(entries: readonly Entry[]): Entry[] {
  const same = Map.groupBy(entries, ({ kind, base, trainable, seed, figures }) =>
    JSON.stringify([kind, base, trainable, seed, figures]),
  );
  return [...same.values()].flatMap((equal) => {
    const [first] = equal;
    if (first === undefined) return [];
    const isShared = equal.some(({ variant }) => variant !== first.variant);
    return [isShared ? { ...first, variant: '' } : first];
  });
}

function groupOf(entries: readonly Entry[]): VerifierGroup {
  const [first] = entries;
  if (first === undefined) throw new RangeError('a group has no entry');
  const { kind, base, trainable, variant } = first;
  const all = entries.map(({ figures }) => figures);
  const accuracies = all.map(({ stepAccuracy }) => stepAccuracy);
  const figures = {
    stepAccuracy: meanOf(accuracies),
    auc: meanOf(all.map(({ auc }) => auc)),
    f1: meanOf(all.map(({ f1 }) => f1)),
    firstErrorF1: meanOfAll(all.map(({ firstErrorF1 }) => firstErrorF1)),
    ece: meanOf(all.map(({ ece }) => ece)),
    labelAccuracy: meanOfAll(all.map(({ labelAccuracy }) => labelAccuracy)),
    steps: sumOf(all.map(({ steps }) => steps)),
    paths: sumOf(all.map(({ paths }) => paths)),
  };
  const seeds = entries.map(({ seed }) => seed);
  const range = [Math.min(...accuracies), Math.max(...accuracies)] as const;
  return { kind, base, trainable, variant, seeds, figures, range };
}
