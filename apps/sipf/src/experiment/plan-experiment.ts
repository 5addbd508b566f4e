import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { planRun, type Stage } from '@sipf/runs';
import { isDeepStrictEqual } from 'node:util';
import { loadRunConfig, type RunConfigSource } from '../config/load-run-config.ts';
import { checkRunId } from '../runs/claim-run.ts';
import type { ExperimentSettings } from './experiment-settings.ts';
import { stageKeys } from './stage-keys.ts';

const CONTINUED_SFT_RECIPE = 'sft-continued';

/** A run of an experiment. */
export interface PlannedRun {
  readonly run: string;
  readonly method: string;
  readonly seed: number;
  /** The varied settings that this run reads, by dotted name. */
  readonly vary: Readonly<Record<string, unknown>>;
  readonly config: RunConfig;
}

/** Everything that an experiment runs, in order. */
export interface ExperimentPlan {
  readonly id: string;
  readonly runs: readonly PlannedRun[];
  /** Methods that this configuration cannot run, and why. */
  readonly leftOut: readonly { readonly method: string; readonly why: string }[];
}

/** A stage of a planned run, and whether an earlier one of the experiment leaves its result. */
export interface PlannedStageUse {
  readonly run: string;
  readonly stage: Stage;
  readonly isShared: boolean;
}

/**
 * The runs of an experiment: every method for every seed, combination of varied settings and alternative, seeds
 * outermost, so that whole comparisons come first. What makes nothing different of a method is left out.
 * @param id undefined for `experiment-<task>`
 * @throws SipfError `invalid-argument` for a configuration that a named method cannot run with, or a name that is too long
 */
export async function planExperiment(
  id: string | undefined,
  source: RunConfigSource,
  settings: ExperimentSettings,
): Promise<ExperimentPlan> {
  const runs: Omit<PlannedRun, 'run'>[] = [];
  const leftOut = new Map<string, string>();
  for (const seed of settings.seeds ?? [undefined]) {
    for (const method of settings.methods) {
      try {
        runs.push(...(await variantsOf(source, settings, { method, seed })));
      } catch (error) {
        if (settings.isNamed || !isWrongSetting(error)) throw error;
        leftOut.set(method, reasonOf(error));
      }
    }
  }
  const name = id ?? `experiment-${runs[0]?.config.task.name ?? 'none'}`;
  return {
    id: name,
    runs: runs.map((run) => ({ ...run, run: runIdOf(name, run, settings) })),
    leftOut: [...leftOut].map(([method, why]) => ({ method, why })),
  };
}

/** The runs of a method for a seed: one for every trial that makes another run of it. */
async function variantsOf(
  source: RunConfigSource,
  settings: ExperimentSettings,
  { method, seed }: { readonly method: string; readonly seed: number | undefined },
): Promise<Omit<PlannedRun, 'run'>[]> {
  const known = new Map<string, Omit<PlannedRun, 'run'>>();
  for (const vary of trialsOf(settings)) {
    const own = { ...settings.settings[method], ...vary };
    const config = await configOf(source, { method, seed, own, methods: settings.methods });
    const keys = [...stageKeys(config).values()].join();
    if (!known.has(keys)) known.set(keys, { method, seed: config.seed, vary, config });
  }
  const variants = [...known.values()];
  // A method that no varied setting changes is of no variant.
  return variants.length > 1 ? variants : variants.map((run) => ({ ...run, vary: {} }));
}

/** `<experiment>-<method>-s<seed>`, and the number of the trial where there are several. */
function runIdOf(
  experiment: string,
  { method, seed, vary }: Omit<PlannedRun, 'run'>,
  settings: ExperimentSettings,
): string {
  const trial = trialsOf(settings).findIndex((one) => isDeepStrictEqual(one, vary));
  const variant = Object.keys(vary).length === 0 ? '' : `-v${trial + 1}`;
  return checkRunId(`${experiment}-${method}-s${seed}${variant}`);
}

function reasonOf({ violations }: SipfError): string {
  return violations
    .map(({ field, description }) => `${field.replace(/^.*: /, '')} ${description}`)
    .join('; ');
}

/** Which stages of the runs are computed, and which are shared with an earlier run; data and reports are each run's own. */
export function stageUses({ runs }: ExperimentPlan): PlannedStageUse[] {
  const known = new Set<string>();
  return runs.flatMap(({ run, config }) => {
    const keys = stageKeys(config);
    return planRun(config).map((stage): PlannedStageUse => {
      const key = keys.get(stage.id);
      const isShared = key !== undefined && known.has(key);
      if (key !== undefined) known.add(key);
      return { run, stage, isShared };
    });
  });
}

function configOf(
  source: RunConfigSource,
  {
    method,
    seed,
    own,
    methods,
  }: {
    readonly method: string;
    readonly seed: number | undefined;
    readonly own: Readonly<Record<string, unknown>>;
    readonly methods: readonly string[];
  },
): Promise<RunConfig> {
  // Longer training is a method of its own here, and no row of every other one.
  const isToldElsewhere = methods.includes(CONTINUED_SFT_RECIPE) && method !== CONTINUED_SFT_RECIPE;
  const overrides = [
    ...source.overrides,
    ...(isToldElsewhere ? ['continuedSftEpochs=null'] : []),
    `method=${method}`,
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...Object.entries(own).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
  ];
  return loadRunConfig({ ...source, overrides });
}

/** The settings of every trial: the combinations, then each alternative alone. */
function trialsOf({ vary, alternatives }: ExperimentSettings): Readonly<Record<string, unknown>>[] {
  return [...combinations(vary), ...alternatives];
}

/** Every combination of the values; a single empty one where nothing varies. */
function combinations(vary: ExperimentSettings['vary']): Record<string, unknown>[] {
  return Object.entries(vary).reduce<Record<string, unknown>[]>(
    (all, [key, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}

function isWrongSetting(error: unknown): error is SipfError {
  return error instanceof SipfError && error.kind === 'invalid-argument' && error.violations.length > 0;
}
