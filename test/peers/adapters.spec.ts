import { createScorer, type Scorer } from '@sipf/inference';
import {
  linearModules,
  type LoraConfig,
  loadAdapterFolder,
  loadModelFolder,
  loraParameterShapes,
  nameBase,
  parameterShapes,
  PEFT_PREFIX,
  saveAdapterFolder,
  saveModelFolder,
  type DecoderConfig,
  type HostTensor,
} from '@sipf/models';
import { createRng } from '@sipf/random';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';

const IDS = [1, 5, 9, 13, 4, 7, 30, 2];
/** Log-probabilities of float32 computations that differ in their order. */
const CLOSE = 1e-4;

const BASES = {
  llama: { model_type: 'llama', tie_word_embeddings: false },
  tied: { model_type: 'llama', tie_word_embeddings: true },
  gemma2: { model_type: 'gemma2', query_pre_attn_scalar: 4, sliding_window: 64 },
  phi: { model_type: 'phi', tie_word_embeddings: false },
  phi3: { model_type: 'phi3', tie_word_embeddings: false, num_key_value_heads: 4 },
  qwen2: { model_type: 'qwen2', tie_word_embeddings: false },
};

interface Case {
  readonly name: string;
  readonly base: keyof typeof BASES;
  readonly settings: Readonly<Record<string, unknown>>;
}

const made = (name: string, settings: object, base: keyof typeof BASES = 'llama'): Case => ({
  name,
  base,
  settings: { r: 4, lora_alpha: 6, target_modules: ['q_proj', 'down_proj'], ...settings },
});

/** Settings that are computed. */
const SUPPORTED: readonly Case[] = [
  made('plain', {}),
  made('alpha-0', { lora_alpha: 0 }),
  made('alpha-negative', { lora_alpha: -2.5 }),
  ...['gaussian', 'eva', 'orthogonal', 'mica'].map((init_lora_weights) =>
    made(`init-${init_lora_weights}`, { init_lora_weights }),
  ),
  made('init-false', { init_lora_weights: false }),
  made('rslora', { use_rslora: true }),
  made('ranks', {
    target_modules: 'all-linear',
    rank_pattern: {
      down_proj: 2,
      '^model.layers.1.self_attn.q_proj': 7,
      'mlp\\.(up|gate)_proj': 3,
      '.*o_proj': 5,
    },
    alpha_pattern: { 'layers.0.mlp.down_proj': 1, q_proj: 5, 'model.layers.1.self_attn.q_proj': 9 },
  }),
  made('ranks-rslora', { use_rslora: true, rank_pattern: { q_proj: 9 }, alpha_pattern: { 'r.q_proj': 1 } }),
  made('regex', { target_modules: String.raw`model\.layers\.[02]\.(self_attn\.[qv]_proj|mlp\.down_proj)` }),
  made('regex-lookahead', { target_modules: String.raw`(?!.*\.1\.).*\.(?:k|o)_proj` }),
  made('all-linear', { target_modules: 'ALL-linear' }),
  made('layer-list', { layers_to_transform: [0, 2] }),
  made('layer-one', { layers_to_transform: 1, layers_pattern: ['h', 'layers'] }),
  made('layer-full-name', {
    target_modules: ['q_proj', 'model.layers.2.mlp.up_proj'],
    layers_to_transform: [0],
  }),
  made('layer-none', { layers_to_transform: [] }),
  made('excluded', { target_modules: 'all-linear', exclude_modules: ['o_proj', '1.mlp.up_proj'] }),
  made('excluded-regex', { target_modules: 'all-linear', exclude_modules: String.raw`.*\.1\..*` }),
  made('dora', { use_dora: true, target_modules: 'all-linear' }),
  made('dora-rslora', { use_dora: true, use_rslora: true, rank_pattern: { q_proj: 2 } }),
  made('saved-norms', { modules_to_save: ['layernorm'] }),
  made('saved-linear', { modules_to_save: ['q_proj'], target_modules: 'all-linear' }),
  made('saved-mlp', { modules_to_save: ['mlp'], target_modules: 'all-linear' }),
  made('saved-ends', { modules_to_save: ['embed_tokens', 'lm_head'] }),
  made('saved-embedding', { modules_to_save: ['embed_tokens'], ensure_weight_tying: true }),
  made('tied-ensured', { modules_to_save: ['embed_tokens'], ensure_weight_tying: true }, 'tied'),
  made('tied-head-ensured', { modules_to_save: ['lm_head'], ensure_weight_tying: true }, 'tied'),
  made('tied-plain', { ensure_weight_tying: true }, 'tied'),
  made('on-gemma2', { target_modules: 'all-linear', use_rslora: true }, 'gemma2'),
  made('on-phi-dora', { target_modules: ['dense', 'fc1', 'q_proj'], use_dora: true }, 'phi'),
  made('on-phi-saved', { target_modules: ['fc2'], modules_to_save: ['layernorm'] }, 'phi'),
  made('on-phi3', { target_modules: ['qkv_proj', 'gate_up_proj'], rank_pattern: { qkv_proj: 2 } }, 'phi3'),
  made('on-phi3-dora', { target_modules: 'all-linear', use_dora: true }, 'phi3'),
  made('on-qwen2-dora', { target_modules: ['q_proj', 'v_proj'], use_dora: true }, 'qwen2'),
];

/** Settings that PEFT computes and this project does not, with the field that says so. */
const REFUSED: readonly (Case & { readonly field: string })[] = [
  ...['pissa', 'pissa_niter_4', 'olora', 'lora_ga'].map((init_lora_weights) => ({
    ...made(`init-${init_lora_weights}`, {
      init_lora_weights,
      ...(init_lora_weights === 'lora_ga' && { lora_ga_config: {} }),
    }),
    field: 'adapter_config.json/init_lora_weights',
  })),
  ...(
    [
      ['alora_invocation_tokens', [9, 13]],
      ['lora_bias', true],
      ['bias', 'all'],
      ['trainable_token_indices', [1, 5]],
      [
        'layer_replication',
        [
          [0, 2],
          [1, 3],
        ],
      ],
      ['use_qalora', true],
      ['velora_config', {}],
      ['monteclora_config', {}],
      ['kasa_config', {}],
      ['use_bdlora', { nblocks: 2, target_modules_bd_a: ['down_proj'], target_modules_bd_b: ['q_proj'] }],
    ] as const
  ).map(([field, value]) => ({ ...made(field, { [field]: value }), field: `adapter_config.json/${field}` })),
  ...[['embed_tokens'], ['lm_head'], ['embed_tokens', 'lm_head']].map((modules_to_save, index) => ({
    ...made(`tied-${index}`, { modules_to_save }, 'tied'),
    field: 'adapter_config.json/modules_to_save',
  })),
  {
    ...made('lora-head', { target_modules: ['q_proj', 'lm_head'] }),
    field: 'adapter_config.json/target_modules',
  },
];

/** Those that are merged into their base too: one of each kind of arithmetic. */
const MERGED = new Set([
  'ranks-rslora',
  'dora-rslora',
  'saved-mlp',
  'tied-ensured',
  'on-phi-dora',
  'on-phi3',
]);

interface Answer {
  readonly made: Readonly<Record<string, readonly number[]>>;
  readonly ours: Readonly<Record<string, readonly number[]>>;
  /** Of an adapter that was opened without a word about its base. */
  readonly alone: readonly number[];
  readonly fields: readonly string[];
}

const TIED: DecoderConfig = {
  ...{ modelType: 'llama', hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 3, numAttentionHeads: 4 },
  ...{ numKeyValueHeads: 2, headDim: 4, vocabSize: 32, rmsNormEps: 1e-6, tieWordEmbeddings: true },
  ...{ maxPositionEmbeddings: 64, rope: { kind: 'default', theta: 10_000 }, attentionBias: false },
  ...{ mlpBias: false, bosTokenId: 1, eosTokenIds: [2], padTokenId: 0, head: 'lm' },
};

const LORA: LoraConfig = { rank: 3, alpha: 4, targetModules: 'all-linear', dropout: 0 };

/** Adapters that this project writes. */
const OURS: readonly { name: string; lora: LoraConfig; modulesToSave: readonly string[] }[] = [
  { name: 'own-plain', lora: LORA, modulesToSave: [] },
  { name: 'own-tied', lora: LORA, modulesToSave: ['embed_tokens'] },
  {
    name: 'own-everything',
    lora: {
      ...LORA,
      ...{ targetModules: ['q_proj', 'up_proj', 'o_proj'], excludeModules: ['2.mlp.up_proj'] },
      ...{ layers: { indices: [0, 2], lists: ['layers'] }, rankPattern: { q_proj: 2 } },
      ...{ alphaPattern: { up_proj: 7 }, rankStabilised: true, decomposed: true },
    },
    modulesToSave: ['model.norm'],
  },
];

describe.skipIf(peersAreAbsent('adapters (peft)'))('adapters of PEFT', () => {
  let folder = '';
  let answer: Answer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sipf-peer-adapters-'));
    await writeOurs(folder);
    const ours = OURS.map(({ name }) => [name, [join(folder, 'own-base'), join(folder, name)]]);
    answer = askPeer(import.meta.url, './adapters.py', {
      ...{ folder, ids: IDS, bases: BASES, cases: [...SUPPORTED, ...REFUSED] },
      ours: Object.fromEntries(ours) as unknown,
      alone: join(folder, 'own-everything'),
    });
  }, PEER_LIMIT_MS);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Object.keys(BASES))('say of the same tokens what PEFT says, on %s', async (base) => {
    const cases = SUPPORTED.filter((one) => one.base === base);
    const host = await createScorer({ folder: join(folder, base) });
    try {
      const alone = await logProbsOf(host);
      for (const { name } of cases) {
        const attached = await host.attach(join(folder, name));
        const [fed, expected] = [await logProbsOf(attached), answer.made[name] ?? []];
        await attached.close();
        expect(distance(fed, expected), `${name}, fed`).toBeLessThan(CLOSE);
        if (MERGED.has(name)) {
          const merged = await mergedLogProbs(folder, base, name);
          expect(distance(merged, expected), `${name}, merged`).toBeLessThan(CLOSE);
        }
        if (name !== 'alpha-0') expect(distance(alone, expected), `${name} changes`).toBeGreaterThan(0.1);
      }
    } finally {
      await host.close();
    }
  });

  it.each(REFUSED.map(({ name, base, field }) => [name, base, field]))(
    'are refused by name where they are not computed: %s on %s by %s',
    async (name, base, field) => {
      const model = await loadModelFolder(join(folder, base));
      model.close();
      await expect(loadAdapterFolder(join(folder, name), model)).rejects.toMatchObject({
        kind: 'failed-precondition',
        violations: expect.arrayContaining([expect.objectContaining({ field })]) as unknown,
      });
    },
  );

  it('are read by PEFT as they are here, where this project wrote them', async () => {
    for (const { name } of OURS) {
      const ours = await mergedLogProbs(folder, 'own-base', name);
      expect(distance(ours, answer.ours[name] ?? []), name).toBeLessThan(CLOSE);
    }
  });

  it('are opened by PEFT alone, without the network, where they name their base', () => {
    expect(distance(answer.alone, answer.ours['own-everything'] ?? [])).toBeLessThan(1e-6);
  });

  it('have no field that is not known here', async () => {
    const known = readFileSync(
      new URL('../../libs/models/src/storage/adapter-config-schema.ts', import.meta.url),
      'utf8',
    );
    const unknown = answer.fields.filter((field) => !known.includes(`\n  ${field}: `));
    expect(unknown).toEqual([]);
    await Promise.resolve();
  });
});

async function mergedLogProbs(folder: string, base: string, adapter: string): Promise<readonly number[]> {
  const host = await createScorer({ folder: join(folder, base), adapterFolder: join(folder, adapter) });
  try {
    return await logProbsOf(host);
  } finally {
    await host.close();
  }
}

async function logProbsOf(scorer: Scorer): Promise<readonly number[]> {
  for await (const { logProbs } of scorer.logProbs([{ ids: IDS, promptLength: 1 }])) return logProbs;
  return [];
}

function distance(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Infinity;
  return Math.max(...ours.map((value, index) => Math.abs(value - (theirs[index] ?? NaN))));
}

async function writeOurs(folder: string): Promise<void> {
  const tensors = randomTensors('base', parameterShapes(TIED));
  const digest = await saveModelFolder(join(folder, 'own-base'), { config: TIED, tensors });
  const tokenizer = writeTokenizer(folder);
  for (const { name, lora, modulesToSave } of OURS) {
    const shapes = loraParameterShapes(lora, linearModules(TIED));
    for (const [tensor, shape] of parameterShapes(TIED)) {
      if (modulesToSave.some((module) => tensor.includes(`${module}.`)))
        shapes.set(PEFT_PREFIX + tensor, shape);
    }
    const own = { lora, tensors: randomTensors(name, shapes), modulesToSave };
    await saveAdapterFolder(join(folder, name), { config: TIED, digest }, own);
    await nameBase(join(folder, name), { name: join(folder, 'own-base'), folder: tokenizer });
  }
}

/** One token a row of the embedding, which PEFT cuts to the tokenizer's size. */
function writeTokenizer(parent: string): string {
  const folder = join(parent, 'own-tokenizer');
  mkdirSync(folder);
  const vocab = Object.fromEntries(Array.from({ length: TIED.vocabSize }, (_, id) => [`w${id}`, id]));
  const empty = { added_tokens: [], normalizer: null, post_processor: null, decoder: null };
  const model = { type: 'WordLevel', vocab, unk_token: 'w0' };
  const json = { ...empty, version: '1.0', pre_tokenizer: { type: 'WhitespaceSplit' }, model };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
  const config = { tokenizer_class: 'PreTrainedTokenizerFast', unk_token: 'w0' };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return folder;
}

function randomTensors(
  seed: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, HostTensor> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const rng = createRng(seed).split(name);
      const length = shape.reduce((product, size) => product * size, 1);
      return [
        name,
        { dtype: 'float32', shape, data: Float32Array.from({ length }, () => 0.3 * rng.normal()) },
      ];
    }),
  );
}
