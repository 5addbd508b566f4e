import { bounded, BOUNDS, isWithin, settingViolations } from '@sipf/contracts';
import { recipeNamed, recipes } from '@sipf/method';
import { z } from 'zod';
import { parseOverride } from '../config/overrides.ts';
import { usageError } from '../usage-error.ts';

/** Values of a dotted setting that are tried, e.g. of `alignment.lambda`. */
const value = z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown())]);
const values = z.array(value).min(1);
const dotted = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*$/, 'is not a dotted setting');

/** The `experiment` section of a configuration. */
export const experimentSection = z
  .strictObject({
    methods: z
      .union([z.literal('all'), z.array(z.string()).min(1)])
      .default('all')
      .describe('recipes by name, or all of those that the configuration can run'),
    seeds: z
      .array(bounded(BOUNDS.seed))
      .min(1)
      .optional()
      .describe('what is run with each of them; by default the seed of the configuration'),
    vary: z
      .record(dotted, values)
      .default({})
      .describe('every combination is run; what a method does not read makes no runs of its own'),
    alternatives: z
      .array(z.record(dotted, z.unknown()))
      .default([])
      .describe(
        'settings to try one at a time, beside the combinations of vary or the configuration as it is',
      ),
    settings: z
      .record(z.string(), z.record(dotted, z.unknown()))
      .default({})
      .describe('settings of one method, e.g. srf: { alignment.optimisation.learningRate: 3.0e-4 }'),
  })
  .describe('what sipf experiment runs; sipf run ignores it');

/** What an experiment runs. */
export interface ExperimentSettings {
  readonly methods: readonly string[];
  /** Whether the methods were named: one that cannot run is then an error, else it is left out. */
  readonly isNamed: boolean;
  /** Undefined for the configuration's own. */
  readonly seeds: readonly number[] | undefined;
  readonly vary: Readonly<Record<string, readonly unknown[]>>;
  readonly alternatives: readonly Readonly<Record<string, unknown>>[];
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Flags that replace the section's settings, as typed. */
export interface ExperimentFlags {
  readonly methods?: string | undefined;
  readonly seeds?: string | undefined;
  /** Every `key=v1,v2`. */
  readonly vary: readonly string[];
  /** Every `key=value`, beside those of the section. */
  readonly alternatives: readonly string[];
}

/**
 * What the section and the flags ask for; flags go before it.
 * @throws SipfError `invalid-argument`; `not-found` RECIPE_UNKNOWN
 */
export function experimentSettings(raw: unknown, flags: ExperimentFlags): ExperimentSettings {
  const parsed = experimentSection.safeParse(raw ?? {});
  if (!parsed.success) {
    const { issues } = parsed.error;
    const violations = settingViolations({ schema: experimentSection, value: raw, issues }).map(
      ({ field, description }) => ({ field: `experiment.${field}`, description }),
    );
    throw usageError('the experiment section is wrong', { violations });
  }
  const { settings, alternatives: listed } = parsed.data;
  const asked = flags.methods === undefined ? parsed.data.methods : methodsOf(flags.methods);
  const methods = asked === 'all' ? [...recipes.keys()] : [...new Set(asked)];
  for (const name of [...methods, ...Object.keys(settings)]) recipeNamed(name);
  const seeds = flags.seeds === undefined ? parsed.data.seeds : seedsOf(flags.seeds);
  const vary = { ...parsed.data.vary, ...Object.fromEntries(flags.vary.map(varied)) };
  const alternatives = [...listed, ...flags.alternatives.map(alternative)];
  const isNamed = asked !== 'all';
  return { methods, isNamed, seeds: seeds && [...new Set(seeds)], vary, alternatives, settings };
}

function methodsOf(text: string): 'all' | string[] {
  const names = listOf(text);
  return names.length === 1 && names[0] === 'all' ? 'all' : names;
}

function seedsOf(text: string): number[] {
  const seeds = listOf(text).map(Number);
  if (seeds.length > 0 && seeds.every((seed) => isWithin(seed, BOUNDS.seed))) return seeds;
  throw usageError(`--seeds ${text}: must be whole numbers, e.g. 1,2,3`);
}

/** `alignment.lambda=0.01,0.1,1`: a dotted setting and YAML values. */
function varied(text: string): [string, unknown[]] {
  const equals = text.indexOf('=');
  const list = listOf(text.slice(equals + 1));
  if (equals < 1 || list.length === 0) throw usageError(`--vary ${text}: must be key=value,value`);
  const overrides = list.map((value) => parseOverride(`${text.slice(0, equals)}=${value}`));
  return [overrides[0]?.path.join('.') ?? '', overrides.map(({ value }) => value)];
}

/** `pairs.level=step`: a dotted setting and a YAML value. */
function alternative(text: string): Record<string, unknown> {
  const { path, value } = parseOverride(text);
  return { [path.join('.')]: value };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
