import { parseRunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { Ajv } from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { runSchema } from './run-schema.ts';

const folder = new URL('../../configs/', import.meta.url);
const schema = runSchema();
const isValid = new Ajv({ formats: { date: true }, allowUnionTypes: true }).compile(schema);

const shape = {
  ...{ hiddenSize: 8, intermediateSize: 8, numHiddenLayers: 1 },
  ...{ numAttentionHeads: 1, numKeyValueHeads: 1 },
};
const optimisation = { learningRate: 1e-3 };
const quota = { positives: 1, negatives: 1 };
/** A configuration with every section, so that each of its settings can be changed. */
const whole = {
  task: { name: 'arithmetic' },
  policy: { initial: shape, lora: { rank: 1, alpha: 1 } },
  sft: optimisation,
  tuning: { optimisation },
  sampling: { maxNewTokens: 8, quota, curriculum: [{ pathsPerQuestion: 1, quota }] },
  simulator: { initial: shape, optimisation },
  simulation: { questions: 1, maxNewTokens: 8 },
  verifier: { optimisation, denoising: {} },
  pairs: {},
  alignment: { optimisation },
  evaluation: {
    maxNewTokens: 8,
    samples: { count: 4, k: [1] },
    outOfDomain: [{ name: 'harder', questions: 1 }],
  },
};

type Json = Readonly<Record<string, unknown>>;

/** A setting that is a number, as the schema bounds it. */
interface Leaf {
  readonly path: readonly string[];
  readonly range: { readonly type: string; readonly minimum: number; readonly maximum: number };
  /** What the settings beside it must be. */
  readonly beside: Json;
  readonly takesZero: boolean;
}

/** The settings that distinguish the forms of a section. */
const TAGS = ['name', 'kind'];

/** Every bounded number of a schema. */
function leaves(node: Json, path: readonly string[] = [], beside: Json = {}, isBesideZero = false): Leaf[] {
  if (typeof node['minimum'] === 'number') {
    const range = node as unknown as Leaf['range'];
    return [{ path, beside, range, takesZero: isBesideZero || range.minimum === 0 }];
  }
  const options = [node['oneOf'], node['anyOf']].flat().filter((option) => option !== undefined) as Json[];
  const hasZero = options.some((option) => option['const'] === 0);
  const properties = (node['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const required = (node['required'] ?? []) as readonly string[];
  const texts = required.map((name) => [name, properties[name]?.['const'] ?? 'http://x'] as const);
  const isVariant = TAGS.some((tag) => properties[tag]?.['const'] !== undefined);
  const here = isVariant ? Object.fromEntries(texts) : {};
  return [
    ...options.flatMap((option) => leaves(option, path, beside, hasZero)),
    ...Object.entries(properties).flatMap(([name, inner]) => leaves(inner, [...path, name], here)),
    ...(node['items'] === undefined ? [] : leaves(node['items'] as Json, [...path, '0'])),
  ];
}

/** {@link whole} with one setting changed. */
function changed({ path, beside }: Leaf, value: number): Json {
  const config = structuredClone<Record<string, unknown>>(whole);
  const section = path.slice(0, -1).reduce<Record<string, unknown>>((inner, key) => {
    return (inner[key] ??= {}) as Record<string, unknown>;
  }, config);
  const kept = TAGS.every((tag) => beside[tag] === undefined || beside[tag] === section[tag]);
  if (!kept) for (const key of Object.keys(section)) Reflect.deleteProperty(section, key);
  Object.assign(section, kept ? {} : beside, { [path.at(-1) ?? '']: value });
  return config;
}

/** The settings that a run refuses by themselves. */
function refused(config: Json): string[] {
  try {
    parseRunConfig(config);
    return [];
  } catch (error) {
    if (error instanceof SipfError) return error.violations.map(({ field }) => field);
    throw error;
  }
}

const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

it.each(files)('%s is valid, and says where the schema is', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=run.schema.json');
  expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true);
});

it('knows every section', () => {
  expect(isValid(whole), JSON.stringify(isValid.errors)).toBe(true);
  expect(refused(whole)).toEqual([]);
});

const numbers = leaves(schema as Json).filter(({ path }) => path[0] !== 'experiment');

it('bounds every number as a run does: its ends are taken, and what is beyond them is not', () => {
  expect(numbers.length).toBeGreaterThan(100);
  for (const leaf of numbers) {
    const { minimum, maximum, type } = leaf.range;
    const name = leaf.path.join('.');
    for (const end of [minimum, maximum]) {
      expect(isValid(changed(leaf, end)), `${name}: ${end} ${JSON.stringify(isValid.errors)}`).toBe(true);
    }
    const beyond = [minimum - 1, maximum * 2 + 1, ...(type === 'integer' ? [minimum + 0.5] : [])];
    for (const value of beyond) {
      const config = changed(leaf, value);
      const isTaken = value === 0 && leaf.takesZero;
      expect(isValid(config), `the schema: ${name}: ${value}`).toBe(isTaken);
      expect(!refused(config).includes(name), `the run: ${name}: ${value}`).toBe(isTaken);
    }
  }
});

it.each([
  [{ seed: 1, sede: 2 }],
  [{ sft: { ...optimisation, schedule: 'liner' } }],
  [{ chatDay: '2024-13-01' }],
  [{ policy: {} }],
  [{ policy: { model: 'm', initial: shape } }],
  [{ simulator: { initial: shape } }],
  [{ task: { name: 'gsm8k' } }],
  [{ evaluation: {} }],
  [{ engines: { policy: { kind: 'vllm' } } }],
  [{ engines: { verifier: { kind: 'vllm', urls: 'http://a:1' } } }],
  [{ engines: { trainer: { kind: 'trl', sharding: 'fsdp' } } }],
  [{ verifier: { optimisation, base: 'M' } }],
  [{ verifier: { optimisation, base: { folder: 'm' } } }],
])('refuses %j as a run does', (changes) => {
  expect(isValid({ ...whole, ...changes })).toBe(false);
  expect(refused({ ...whole, ...changes })).not.toEqual([]);
});

it('describes every setting', () => {
  const undescribed = (node: Json, path: string): string[] =>
    Object.entries((node['properties'] ?? {}) as Readonly<Record<string, Json>>).flatMap(([name, inner]) => [
      ...('description' in inner || 'const' in inner ? [] : [`${path}${name}`]),
      ...undescribed(inner, `${path}${name}.`),
    ]);
  expect(undescribed(schema as Json, '')).toEqual([]);
});
