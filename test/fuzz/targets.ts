import { collect, digestBytes, FolderArtifactStore, MEDIA_TYPES, readJsonLines } from '@sipf/artifacts';
import { parseRunConfigJson } from '@sipf/contracts';
import { readDataset } from '@sipf/evaluation';
import {
  loadAdapterFolder,
  loadModelFolder,
  loadTokenizer,
  openSafetensors,
  readDecoderConfig,
} from '@sipf/models';
import { gsm8kTask, mbppTask, parseBenchmark, parseExemplars } from '@sipf/tasks';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { root } from '../run/step.ts';
import { randomModel, writeAdapter, writeModel } from '../support/models.ts';

/** A reader of what somebody else wrote. */
export interface FuzzTarget {
  /** Valid contents, from which the others are made. */
  readonly seeds: readonly Uint8Array[];
  /** Reads the content as a user's file; throws SipfError where it is wrong, and nothing else ever. */
  read(content: Uint8Array): Promise<unknown>;
}

/** Every reader by name. @param folder an empty folder of the caller */
export async function createTargets(folder: string): Promise<Readonly<Record<string, FuzzTarget>>> {
  const model = await writeModel(folder, 'model', randomModel('fuzz'));
  return {
    ...modelTargets(folder, model),
    ...(await adapterTargets(folder, model)),
    ...(await artifactTargets(folder)),
    ...datasetTargets(),
  };
}

const text = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const utf8 = (content: Uint8Array): string => Buffer.from(content).toString('utf8');
const lines = (...rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const done = (value: unknown): Promise<unknown> => Promise.resolve(value);

function modelTargets(folder: string, model: string): Record<string, FuzzTarget> {
  const file = (name: string): Uint8Array => readFileSync(join(model, name));
  /** The model's folder with one file replaced. */
  const replaced = (name: string, content: Uint8Array): string => {
    const dir = join(folder, `with-${name}`);
    if (!existsSync(dir)) {
      mkdirSync(dir);
      for (const each of readdirSync(model)) writeFileSync(join(dir, each), file(each));
    }
    writeFileSync(join(dir, name), content);
    return dir;
  };
  const open = async (dir: string): Promise<void> => {
    const opened = await loadModelFolder(dir);
    opened.close();
  };
  return {
    safetensors: {
      seeds: [file('model.safetensors')],
      read: (content) => {
        const opened = openSafetensors(join(replaced('model.safetensors', content), 'model.safetensors'));
        for (const name of opened.names.slice(0, 20)) opened.tensor(name);
        opened.close();
        return done(undefined);
      },
    },
    config: {
      seeds: [file('config.json'), ...referenceConfigs()],
      read: (content) => done(readDecoderConfig(replaced('config.json', content))),
    },
    tokenizer: {
      seeds: [file('tokenizer.json')],
      read: (content) => {
        const tokenizer = loadTokenizer(replaced('tokenizer.json', content));
        return done(tokenizer.encode('3 bags of 4 apples', { addSpecialTokens: true }));
      },
    },
    'tokenizer-config': {
      seeds: [
        file('tokenizer_config.json'),
        text({ chat_template: '{% for m in messages %}{{ m.content }}{% endfor %}' }),
      ],
      read: (content) => open(replaced('tokenizer_config.json', content)),
    },
  };
}

/** Configurations of every family, where the reference models are. */
function referenceConfigs(): Uint8Array[] {
  const models = join(root, '../shared/reference/models');
  if (!existsSync(models)) return [];
  return readdirSync(models).map((name) => readFileSync(join(models, name, 'model/config.json')));
}

async function adapterTargets(folder: string, model: string): Promise<Record<string, FuzzTarget>> {
  const base = await loadModelFolder(model);
  const adapter = await writeAdapter(join(folder, 'adapter'), randomModel('fuzz'), base.digest);
  const read = async (name: string, content: Uint8Array): Promise<void> => {
    writeFileSync(join(adapter, name), content);
    (await loadAdapterFolder(adapter, base)).close();
  };
  return Object.fromEntries(
    ['adapter_config.json', 'adapter_model.safetensors'].map((name) => {
      const valid = readFileSync(join(adapter, name));
      const target: FuzzTarget = {
        seeds: [valid],
        read: (content) =>
          read(name, content).finally(() => {
            writeFileSync(join(adapter, name), valid);
          }),
      };
      return [name.replace(/\..*/, '').replace('_', '-'), target];
    }),
  );
}

async function artifactTargets(folder: string): Promise<Record<string, FuzzTarget>> {
  const store = new FolderArtifactStore(join(folder, 'store'));
  const { digest } = await store.putBytes(text('x'), MEDIA_TYPES.bytes);
  const manifest = { files: [{ path: 'a/b.json', digest, sizeBytes: 1 }] };
  return {
    manifest: {
      seeds: [text(manifest)],
      read: async (content) => {
        const ref = {
          digest: digestBytes(content),
          sizeBytes: content.length,
          mediaType: MEDIA_TYPES.folder,
        };
        // Put there by hand: the store would sync every one to disk.
        const hex = ref.digest.replace('sha256:', '');
        const blob = join(folder, 'store/blobs', hex.slice(0, 2), hex);
        mkdirSync(dirname(blob), { recursive: true });
        writeFileSync(blob, content);
        await store.folder(ref).finally(() => {
          rmSync(blob);
        });
      },
    },
    'json-lines': {
      seeds: [text(lines({ prompt: 'a', completion: 'b' }, { prompt: 'c', completion: 'd' }))],
      read: (content) =>
        collect(
          readJsonLines(one(content), { name: 'rows.jsonl', parse: (value) => value, maxLineBytes: 100_000 }),
        ),
    },
  };
}

function datasetTargets(): Record<string, FuzzTarget> {
  const gsm8k = lines({ question: '3*4?', answer: 'Three times four.\n<<3*4=12>>12\n#### 12' });
  const mbpp = lines({
    task_id: 601,
    text: 'Add.',
    code: 'def f(a):\n  return a',
    test_list: ['assert f(1) == 1'],
  });
  const humanEval = {
    ...{
      task_id: 'HumanEval/0',
      prompt: 'def f(a):\n',
      entry_point: 'f',
      canonical_solution: '  return a\n',
    },
    test: 'def check(candidate):\n  assert candidate(1) == 1\n',
  };
  const stepwise = lines({ prompt: 'q', completions: ['a', 'b'], labels: [true, false] });
  const shepherd = lines({
    input: 'q Step 1: a ки\nStep 2: b ки',
    label: 'q Step 1: a +\nStep 2: b -',
    task: 'GSM8K',
  });
  const config = parse(readFileSync(join(root, 'test/fixtures/tiny-run.yaml'), 'utf8')) as unknown;
  const exemplars = { exemplars: [{ question: 'q', target: 'a' }], doc_to_text: '{{question}}', stop: [] };
  return {
    'run-config': { seeds: [text(config)], read: (content) => done(parseRunConfigJson(utf8(content))) },
    gsm8k: { seeds: [text(gsm8k)], read: (content) => done(gsm8kTask.parseProblems(utf8(content), 'x')) },
    mbpp: { seeds: [text(mbpp)], read: (content) => done(mbppTask.parseProblems(utf8(content), 'x')) },
    benchmark: {
      seeds: [text(humanEval), text(mbpp), gzipSync(text(humanEval))],
      read: (content) => done(parseBenchmark(utf8(content), 'x')),
    },
    exemplars: { seeds: [text(exemplars)], read: (content) => done(parseExemplars(utf8(content), 'x')) },
    'labelled-steps': {
      seeds: [text(stepwise), text(shepherd), ...openrSamples()],
      read: (content) => done(readDataset(utf8(content), 'x')),
    },
  };
}

/** A line of each public format, where the samples are. */
function openrSamples(): Uint8Array[] {
  const folder = join(root, '../shared/data/openr');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return files.map((name) => text(readFileSync(join(folder, name), 'utf8').split('\n')[0] ?? ''));
}

async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}
