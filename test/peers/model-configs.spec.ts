import { createGenerator } from '@sipf/inference';
import {
  saveModelFolder,
  parseDecoderConfig,
  parameterShapes,
  rotaryWidth,
  type DecoderConfig,
  type HostTensor,
  type ModelType,
} from '@sipf/models';
import { EVERY_FAMILY, tinyFamilyFields, tinyParameters } from '@sipf/models/testing';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../support/calls.ts';
import { temporaryFolder } from '../support/models.ts';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';
import { folderLogits, largestDifference } from './support/model-logits.ts';
import { ropeKinds } from './support/rope-kinds.ts';
import { SAID_OTHERWISE, type SaidOtherwise } from './support/said-otherwise.ts';

/** The largest difference of logits, as in the parity command. */
const TOLERANCE = 1e-4;
/** Shorter and longer than the 8 tokens that every scaling begins with. */
const ROWS = [
  [1, 3, 5, 7, 2],
  [1, 3, 5, 7, 2, 9, 10, 4, 6, 8, 3, 3],
];
/** Prompts of a model that is trained to 8 tokens and stretched to 32, and how many tokens it writes after each. */
const PROMPTS = [ROWS[0] ?? [], ROWS[1] ?? []];
const WRITTEN = 9;
const folder = temporaryFolder();
afterAll(folder.remove);

type Fields = Readonly<Record<string, unknown>>;
type Tensors = ReadonlyMap<string, HostTensor>;
type Answer = { readonly logits?: number[][]; readonly tokens?: number[]; readonly error?: string };

/** What suits transformers, too: Phi-3's heads are D / H wide, and its original length stands beside the scaling. */
const PHI = { hidden_size: 32, head_dim: 8, original_max_position_embeddings: 8 };

function plainFields(modelType: ModelType): Fields {
  return { ...tinyFamilyFields(modelType), ...(modelType.startsWith('phi') ? PHI : {}) };
}

/** A family's tiny config.json with a RoPE of this kind. */
function fieldsOf(modelType: ModelType, rope: Fields): Fields {
  const plain = plainFields(modelType);
  const positions =
    rope['rope_type'] === 'dynamic' ? { max_position_embeddings: 8 } : { max_position_embeddings: 32 };
  if (modelType !== 'gemma3_text')
    return { ...plain, ...positions, rope_parameters: { rope_theta: 300, ...rope } };
  const byType = {
    full_attention: { rope_theta: 300, ...rope },
    sliding_attention: { rope_theta: 100, rope_type: 'default' },
  };
  return { ...plain, ...positions, rope_parameters: byType };
}

interface Case {
  readonly name: string;
  readonly fields: Fields;
  readonly config: DecoderConfig;
}

/** The same for transformers' own classes, which take no integer for a cap. */
function madeFields(fields: Fields): Fields {
  return { ...fields, ...('final_logit_softcapping' in fields ? { final_logit_softcapping: 2.5 } : {}) };
}

/** Every family with every RoPE that it takes; a refusal is a case of the specs of configurations. */
const CASES: readonly Case[] = EVERY_FAMILY.flatMap((modelType) => {
  const pairs = rotaryWidth(parseDecoderConfig(plainFields(modelType))) / 2;
  return Object.entries(ropeKinds(pairs)).flatMap(([kind, rope]) => {
    const fields = fieldsOf(modelType, rope);
    const config = acceptedConfig(fields);
    return config === undefined ? [] : [{ name: `${modelType}, ${kind}`, fields, config }];
  });
});

function acceptedConfig(fields: Fields): DecoderConfig | undefined {
  try {
    return parseDecoderConfig(fields);
  } catch {
    return undefined;
  }
}

async function save(name: string, config: DecoderConfig, more: Tensors = new Map()): Promise<string> {
  const dir = join(folder.path, name);
  const shapes = parameterShapes(config);
  const tensors = [...tinyParameters(config)].map(
    ([tensor, data]) => [tensor, { dtype: 'float32', shape: shapes.get(tensor) ?? [], data }] as const,
  );
  await saveModelFolder(dir, { config, tensors: new Map([...tensors, ...more]) });
  return dir;
}

function nameOf({ modelType, name, refused }: SaidOtherwise): string {
  return `${modelType}, ${name}${refused === undefined ? '' : ', refused'}`;
}

/** The tensors of the family's plain configuration under a config.json that says more. */
async function saveOtherwise(one: SaidOtherwise): Promise<string> {
  const fields = madeFields(plainFields(one.modelType));
  const dir = await save(nameOf(one), parseDecoderConfig(fields));
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...fields, ...one.fields }));
  return dir;
}

/** A tied Llama with a matrix of its LM head beside the embedding. */
async function saveTied(isEqual: boolean): Promise<string> {
  const config = parseDecoderConfig({ ...tinyFamilyFields('llama'), tie_word_embeddings: true });
  const embedding = tinyParameters(config).get('model.embed_tokens.weight') ?? new Float32Array();
  const data = isEqual ? embedding : embedding.map((value, index) => value + Math.sin(index));
  const head = { dtype: 'float32', shape: [config.vocabSize, config.hiddenSize], data } as const;
  return save(`tied ${String(isEqual)}`, config, new Map([['lm_head.weight', head]]));
}

describe.skipIf(peersAreAbsent('model folders and transformers'))('a model folder', () => {
  let answers: Readonly<Record<string, Answer>> = {};

  beforeAll(async () => {
    const folders = [
      ...CASES.map(({ name, config }) => save(`ours ${name}`, config)),
      ...SAID_OTHERWISE.map(saveOtherwise),
      ...[true, false].map(saveTied),
    ];
    const open = (await Promise.all(folders)).map((path) => ({ name: basename(path), folder: path }));
    const make = CASES.map(({ name, fields }) => ({
      name: `theirs ${name}`,
      folder: join(folder.path, `theirs ${name}`),
      fields: madeFields(fields),
    }));
    const generate = PROMPTS.map((prompt) => ({
      name: `after ${prompt.length}`,
      folder: join(folder.path, 'ours llama, dynamic'),
      prompt,
      count: WRITTEN,
    }));
    answers = askPeer<typeof answers>(import.meta.url, './model-configs.py', {
      rows: ROWS,
      open,
      make,
      generate,
    });
  }, PEER_LIMIT_MS);

  const answerOf = <Part extends 'logits' | 'tokens'>(
    part: Part,
    name: string,
  ): NonNullable<Answer[Part]> => {
    const { [part]: answer, error = 'no answer' } = answers[name] ?? {};
    if (answer === undefined) throw new Error(error);
    return answer;
  };
  const logitsOf = (name: string) => answerOf('logits', name);

  it('is tried with every family, and with nine kinds of RoPE where the family takes them', () => {
    expect(CASES.length).toBe(84);
  });

  it.each(CASES)('that is saved here gives transformers the same logits: $name', async ({ name }) => {
    const found = await folderLogits(join(folder.path, `ours ${name}`), ROWS);
    expect(largestDifference(found, logitsOf(`ours ${name}`))).toBeLessThan(TOLERANCE);
  });

  it.each(CASES)('that transformers saves gives the same logits here: $name', async ({ name }) => {
    const found = await folderLogits(join(folder.path, `theirs ${name}`), ROWS);
    expect(largestDifference(found, logitsOf(`theirs ${name}`))).toBeLessThan(TOLERANCE);
  });

  const read = SAID_OTHERWISE.filter(({ refused }) => refused === undefined);
  it.each(read)(
    'that says something otherwise is read as transformers reads it: $modelType, $name',
    async (one) => {
      const found = await folderLogits(join(folder.path, nameOf(one)), ROWS);
      expect(largestDifference(found, logitsOf(nameOf(one)))).toBeLessThan(TOLERANCE);
    },
  );

  const refusals = SAID_OTHERWISE.filter(({ refused }) => refused !== undefined);
  it.each(refusals)('that says something otherwise is refused by name: $modelType, $name', async (one) => {
    await expect(folderLogits(join(folder.path, nameOf(one)), ROWS)).rejects.toMatchObject({
      reason: 'MODEL_CONFIG_INVALID',
      violations: [expect.objectContaining({ field: `config.json/${one.refused ?? ''}` })],
    });
  });

  it.each([true, false])(
    'whose head is tied, and stored beside the embedding, is read alike: equal %s',
    async (isEqual) => {
      const name = `tied ${String(isEqual)}`;
      const found = await folderLogits(join(folder.path, name), ROWS);
      expect(largestDifference(found, logitsOf(name))).toBeLessThan(TOLERANCE);
      if (!isEqual) expect(largestDifference(found, logitsOf('tied true'))).toBeGreaterThan(0.1);
    },
  );

  it.each(PROMPTS)(
    'with dynamic RoPE is continued past its trained length as transformers does',
    async (...promptIds) => {
      const generator = await createGenerator({ folder: join(folder.path, 'ours llama, dynamic') });
      const sampling = { maxNewTokens: WRITTEN, greedy: true, stopTokenIds: [] };
      const [written] = await collect(generator.generate([{ promptIds, seed: 1, sampling }]));
      await generator.close();
      expect(written?.tokenIds).toEqual(answerOf('tokens', `after ${promptIds.length}`));
    },
  );
});
