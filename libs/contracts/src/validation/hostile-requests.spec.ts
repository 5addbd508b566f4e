import {
  createFileRegistry,
  fromBinary,
  ScalarType,
  type DescField,
  type DescMessage,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  annotation,
  browse,
  descriptorSetUrl,
  execution,
  generation,
  orchestration,
  simulation,
  training,
  verification,
} from '../index.ts';
import { violationsOf } from './requests.ts';

const DEFINITIONS = [
  annotation.AnnotationServiceDefinition,
  browse.BrowseServiceDefinition,
  execution.ExecutionServiceDefinition,
  generation.GenerationServiceDefinition,
  orchestration.OrchestrationServiceDefinition,
  simulation.SimulationServiceDefinition,
  training.TrainingServiceDefinition,
  verification.VerificationServiceDefinition,
];

interface Method {
  readonly name: string;
  readonly requestType: {
    create(): object;
    fromPartial(partial: object): object;
    encode(message: object): { finish(): Uint8Array };
    decode(bytes: Uint8Array): object;
  };
}

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSetUrl)));
const digest = `sha256:${'0'.repeat(64)}`;
const sampling = { n: 2, temperature: 1, maxNewTokens: 8 };
const step = { question: '1+1?', steps: ['2'], id: '' };
const objective = {
  preference: { $case: 'preference', value: { loss: 1, beta: 1 } },
  reward_model: { $case: 'rewardModel', value: { head: 1 } },
};
const job = {
  ...{ baseModel: { digest }, dataset: { digest }, initialConfig: { digest }, lora: { rank: 1, alpha: 1 } },
  optimisation: {
    ...{ learningRate: 1e-3, batchSize: 1, epochs: 1, schedule: 1, epsilon: 1e-8, maxSequenceTokens: 8 },
    ...{ beta1: 0.9, beta2: 0.99 },
  },
};

/** A right request of every method that has numbers or enums; the other methods have none. */
const RIGHT: Readonly<Record<string, object>> = {
  Generate: { prompts: [{ id: 'q', tokenIds: [1] }], sampling, returnDetails: true },
  LabelSteps: {
    ...{ task: 'gsm8k', sampling },
    paths: [{ id: 'p', prompt: 'q', steps: ['s'], goldAnswer: '1' }],
  },
  Score: { rows: [step], splitting: { rule: 1 } },
  ScoreStream: { request: { rows: [step], splitting: { rule: 1 } } },
  Execute: { language: 1, code: '1', limits: {} },
  ExecuteStream: { request: { language: 1, code: '1', limits: {} } },
  StartJob: { jobId: 'x', spec: { ...job, objective: objective.preference } },
  CancelJob: { jobId: 'x' },
  WatchJob: { jobId: 'x' },
  WatchRun: { runId: 'x' },
  StreamCurves: { runId: 'x' },
  ListPaths: { runId: 'x', stage: 's', limit: 1 },
  ListPairs: { runId: 'x', stage: 's', limit: 1 },
  ListAnnotations: { runId: 'x', limit: 1 },
  Annotate: {
    ...{ runId: 'x' },
    annotation: { annotator: 'A', stage: 's', pathKey: 'k', steps: [{ broken: [1] }] },
  },
};

/** Numbers of which every one is right, and why. */
const ANY: Readonly<Record<string, string>> = {
  'sampling.seed': 'a seed',
  'spec.seed': 'a seed',
  'prompts.token_ids': 'the vocabulary is the model’s: the service refuses what it lacks',
  'limits.wall_time_ms': 'what is over the server’s limit is lowered to it',
  'limits.cpu_time_ms': 'as the wall time',
  'limits.memory_mib': 'as the wall time',
  'limits.max_output_bytes': 'as the wall time',
  'spec.initial_config.size_bytes': 'the digest says what it is',
  'spec.dataset.size_bytes': 'the digest says what it is',
  epoch: 'whichever is higher than those before is the newest',
  from_step: 'nothing comes after the last step',
  from_entry: 'nothing comes after the last entry',
  offset: 'a page after the last is empty',
};

interface Target {
  readonly method: Method;
  readonly path: string;
  readonly fields: readonly DescField[];
}

/** Every enum or number of every request. */
function targetsOf(isWanted: (field: DescField) => boolean): Target[] {
  return DEFINITIONS.flatMap((definition) => {
    const service = registry.getService(definition.fullName);
    return Object.values(definition.methods as unknown as Record<string, Method>).flatMap((method) => {
      const input = service?.methods.find(({ name }) => name === method.name)?.input as DescMessage;
      return fieldsOf(input, isWanted).map((fields) => ({
        ...{ method, fields },
        path: `/${definition.fullName}/${method.name}`,
      }));
    });
  });
}

function fieldsOf(type: DescMessage, isWanted: (field: DescField) => boolean): DescField[][] {
  return type.fields.flatMap((field): DescField[][] => {
    if (field.message?.typeName === 'google.protobuf.Timestamp') return [];
    if (field.message !== undefined) {
      return fieldsOf(field.message, isWanted).map((rest) => [field, ...rest]);
    }
    return isWanted(field) ? [[field]] : [];
  });
}

function named(fields: readonly DescField[]): string {
  return fields.map(({ name }) => name).join('.');
}

/** The right request with one field changed, as it comes over the wire. */
function changed({ method, fields }: Target, value: unknown): object {
  const right = structuredClone(RIGHT[method.name] ?? {}) as { spec?: { objective: unknown } };
  const oneof = fields.find((field) => field.oneof !== undefined)?.name as keyof typeof objective | undefined;
  if (oneof !== undefined && right.spec !== undefined)
    right.spec.objective = structuredClone(objective[oneof]);
  const message = method.requestType.fromPartial(right);
  let at = message as Record<string, unknown>;
  for (const field of fields.slice(0, -1)) {
    const inner = at[field.oneof?.localName ?? field.localName] as never;
    at = (field.oneof === undefined ? inner : (inner as { value: unknown }).value) as never;
    if (field.fieldKind === 'list') at = (at as unknown as Record<string, unknown>[])[0] as never;
  }
  const last = fields.at(-1) as DescField;
  at[last.localName] = last.fieldKind === 'list' ? [value] : value;
  return method.requestType.decode(method.requestType.encode(message).finish());
}

function violated(target: Target, value: unknown): string[] {
  const violations = violationsOf(target.path, changed(target, value));
  return violations.map(({ field }) => field.replaceAll(/\[\d+\]/g, ''));
}

const enums = targetsOf((field) => field.enum !== undefined);
it.each(enums.map((target) => [`${target.path} ${named(target.fields)}`, target] as const))(
  'refuses a number that no value of the enum has: %s',
  (_what, target) => {
    for (const value of [77, -1, 2 ** 31 - 1]) {
      expect(violated(target, value)).toContain(named(target.fields));
    }
    const known = (target.fields.at(-1)?.enum?.values ?? []).map(({ number }) => number);
    const taken = known.filter((value) => violated(target, value).length === 0);
    expect(taken.length).toBeGreaterThan(0);
  },
);

const doubles = targetsOf(({ scalar }) => scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT);
it.each(doubles.map((target) => [`${target.path} ${named(target.fields)}`, target] as const))(
  'refuses what is not a number, and those out of all bounds: %s',
  (_what, target) => {
    for (const value of [NaN, Infinity, -Infinity, -1, -1e-9, 1e308]) {
      expect(violated(target, value), String(value)).toContain(named(target.fields));
    }
  },
);

const integers = targetsOf(({ scalar }) =>
  [ScalarType.UINT32, ScalarType.UINT64, ScalarType.INT32, ScalarType.INT64].includes(scalar as ScalarType),
);
it.each(integers.map((target) => [`${target.path} ${named(target.fields)}`, target] as const))(
  'refuses the largest integers, or takes any: %s',
  (_what, target) => {
    const field = named(target.fields);
    const isLong = [ScalarType.UINT64, ScalarType.INT64].includes(target.fields.at(-1)?.scalar as ScalarType);
    const [largest, half] = isLong ? [2n ** 64n - 1n, 2n ** 63n] : [2 ** 32 - 1, 2 ** 31];
    const isAny = field.replace(/^request\./, '') in ANY;
    for (const value of [largest, half]) {
      const found = violated(target, value);
      expect(found, String(value)).toEqual(isAny ? [] : expect.arrayContaining([field]));
    }
  },
);

it('looks at every method that has an enum or a number', () => {
  const methods = new Set([...enums, ...doubles, ...integers].map(({ method }) => method.name));
  expect([...methods].sort()).toEqual(Object.keys(RIGHT).sort());
  expect([enums.length, doubles.length, integers.length].every((count) => count > 10)).toBe(true);
});

it('looks at counts before entries, so that no list is looked through that is too long', () => {
  const many = <T>(value: T): T[] => Array.from({ length: 300_000 }, () => value);
  const started = performance.now();
  for (const [path, request, field] of [
    ['generation.v1.GenerationService/Generate', { prompts: many({}), sampling }, 'prompts'],
    [
      'generation.v1.GenerationService/Generate',
      { ...RIGHT['Generate'], sampling: { ...sampling, stopStrings: many('') } },
      'sampling.stop_strings',
    ],
    [
      'generation.v1.GenerationService/Generate',
      { sampling, prompts: [{ id: 'q', messages: many({}) }] },
      'prompts[0].messages',
    ],
    ['verification.v1.VerificationService/Score', { rows: [step], aggregations: many(77) }, 'aggregations'],
  ] as const) {
    const found = violationsOf(`/sipf.${path}`, fromPartial(path, request));
    expect(found.map((violation) => violation.field)).toEqual([field]);
  }
  expect(performance.now() - started).toBeLessThan(5000);
});

function fromPartial(path: string, request: object): object {
  const { GenerateRequest } = generation;
  return path.endsWith('Generate')
    ? GenerateRequest.fromPartial(request)
    : verification.ScoreRequest.fromPartial(request);
}
