import {
  digestFolder,
  elementCount,
  linearModules,
  loadAdapterFolder,
  loadModelFolder,
  loraParameterShapes,
  parameterShapes,
  PEFT_PREFIX,
  saveAdapterFolder,
  saveModelFolder,
  verifierHeadNames,
  type DecoderConfig,
  type HeadConfig,
} from '@sipf/models';
import { tinyConfig, tinyFamily, tinyParameters } from '@sipf/models/testing';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/models.ts';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';
import { folderLogits, largestDifference } from './support/model-logits.ts';

const ROWS = [[1, 3, 5, 7, 2]];
const TOLERANCE = 1e-4;
const classifier = (features: 'hidden' | 'hidden+confidence'): HeadConfig => ({
  kind: 'token-classification',
  numLabels: 2,
  features,
});
const CONFIGS: Readonly<Record<string, DecoderConfig>> = {
  plain: tinyConfig({ head: classifier('hidden') }),
  'of one label': tinyConfig({ head: { kind: 'token-classification', numLabels: 1, features: 'hidden' } }),
  confident: tinyConfig({ head: classifier('hidden+confidence') }),
  'confident Qwen': tinyFamily('qwen2', classifier('hidden+confidence')),
  'of two layers': tinyFamily('qwen2', { kind: 'mlp-score', numLabels: 2, features: 'hidden' }),
};
const COMPUTED = ['plain', 'of one label'];
const OWN = Object.keys(CONFIGS).filter((name) => !COMPUTED.includes(name));
const CLASSES = [
  'AutoConfig',
  'AutoModel',
  'AutoModelForTokenClassification',
  'AutoModelForSequenceClassification',
  'AutoModelForCausalLM',
  'LlamaForTokenClassification',
  'Qwen2ForTokenClassification',
  'LlamaForCausalLM',
  'Qwen2Model',
];

type Answer = { readonly logits?: number[][]; readonly error?: string };
interface Answers {
  readonly adapters: Readonly<Record<string, Answer>>;
  readonly folders: Readonly<Record<string, Readonly<Record<string, Answer>>>>;
}

const folder = temporaryFolder();
afterAll(folder.remove);
const folderOf = (name: string): string => join(folder.path, name);

async function save(name: string): Promise<void> {
  const config = CONFIGS[name] as DecoderConfig;
  const shapes = parameterShapes(config);
  const tensors = [...tinyParameters(config)].map(
    ([tensor, data]) => [tensor, { dtype: 'float32', shape: shapes.get(tensor) ?? [], data }] as const,
  );
  await saveModelFolder(folderOf(name), { config, tensors: new Map(tensors) });
}

/** An adapter of a verifier, its head included. @returns its name, and what PEFT is asked */
async function saveAdapter(name: string): Promise<[string, object]> {
  const config = CONFIGS[name] as DecoderConfig;
  const lora = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj'] };
  const shapes = parameterShapes(config);
  const heads = verifierHeadNames(config);
  const all = [
    ...loraParameterShapes(lora, linearModules(config)),
    ...heads.map((tensor) => [PEFT_PREFIX + tensor, shapes.get(tensor) ?? []] as const),
  ];
  const tensors = all.map(([tensor, shape]) => {
    const data = new Float32Array(elementCount(shape)).fill(0.1);
    return [tensor, { dtype: 'float32', shape, data }] as const;
  });
  const modulesToSave = [...new Set(heads.map((tensor) => tensor.slice(0, tensor.lastIndexOf('.'))))];
  const digest = await digestFolder(folderOf(name));
  const adapter = folderOf(`adapter, ${name}`);
  await saveAdapterFolder(adapter, { config, digest }, { lora, tensors: new Map(tensors), modulesToSave });
  return [name, { base: folderOf('plain'), folder: adapter, class: 'AutoModelForTokenClassification' }];
}

describe.skipIf(peersAreAbsent('verifier folders and transformers'))('a verifier folder', () => {
  let answers: Answers = { folders: {}, adapters: {} };

  beforeAll(async () => {
    await Promise.all(Object.keys(CONFIGS).map(save));
    const adapters = Object.fromEntries(await Promise.all(['plain', 'confident'].map(saveAdapter)));
    const folders = Object.fromEntries(Object.keys(CONFIGS).map((name) => [name, folderOf(name)]));
    answers = askPeer<Answers>(import.meta.url, './model-heads.py', {
      rows: ROWS,
      folders,
      classes: CLASSES,
      adapters,
    });
  }, PEER_LIMIT_MS);

  it.each(COMPUTED)('%s is a token classifier of transformers, with the same logits', async (name) => {
    const { logits = [] } = answers.folders[name]?.['AutoModelForTokenClassification'] ?? {};
    expect(largestDifference(await folderLogits(folderOf(name), ROWS), logits)).toBeLessThan(TOLERANCE);
  });

  it.each(OWN.flatMap((name) => CLASSES.map((kind) => [name, kind] as const)))(
    '%s, which transformers cannot compute, is refused by %s',
    (name, kind) => {
      expect(answers.folders[name]?.[kind]?.error).toMatch(
        /does not recognize this architecture|transformers has no class for this head/,
      );
    },
  );

  it('has an adapter that PEFT opens, or refuses where it cannot compute the head', async () => {
    expect(answers.adapters['plain']?.logits?.flat()).toHaveLength(10);
    expect(answers.adapters['confident']?.error).toContain("Invalid task type: 'SIPF_PROCESS_REWARD'");
    const config = CONFIGS['confident'] as DecoderConfig;
    const digest = await digestFolder(folderOf('confident'));
    const adapter = await loadAdapterFolder(folderOf('adapter, confident'), { config, digest });
    expect(adapter.savedTensors).toContain('score_confidence.weight');
    adapter.close();
  });

  it.each(OWN)('%s is opened here, and so is one that was written before', async (name) => {
    const { head, modelType } = CONFIGS[name] as DecoderConfig;
    const file = join(folderOf(name), 'config.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as { architectures: string[] };
    const [architecture = ''] = written.architectures;
    const before = {
      architectures: [architecture.replace(/^Sipf(\w+)ForProcessReward$/, '$1ForTokenClassification')],
      model_type: modelType,
      transformers_weights: undefined,
    };
    for (const fields of [{}, before]) {
      writeFileSync(file, JSON.stringify({ ...written, ...fields }));
      const model = await loadModelFolder(folderOf(name));
      expect(model.config.head).toEqual(head);
      model.close();
    }
  });
});
