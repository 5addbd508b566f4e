import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { openTokenizer } from './async-tokenizer.ts';
import { task as decodeTask } from './decode-task.ts';
import { task as encodeTask } from './encode-task.ts';
import { loadTokenizer } from './load-tokenizer.ts';

const HOSTILE = '(a|a)*(a|a)*!!';
const COMMON = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** A folder with a tokenizer of bytes that splits by this expression. */
function folderOf(Regex: string, parts: object = {}): string {
  const dir = temporaryFolder();
  const vocab = Object.fromEntries(Array.from({ length: 512 }, (_, id) => [String.fromCharCode(id), id]));
  const split = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const content = {
    ...{ added_tokens: [], normalizer: null, post_processor: null, decoder: null },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [split, bytes] },
    model: { type: 'BPE', vocab, merges: [], unk_token: null },
    ...parts,
  };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(content));
  return dir;
}

async function opened(folder: string) {
  const tokenizer = await openTokenizer(folder);
  onTestFinished(() => tokenizer.close());
  return tokenizer;
}
/** What work came to, its length and the longest that the event loop stood still meanwhile, in milliseconds. */
async function watched(work: () => Promise<unknown>) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await wait(20);
  delay.reset();
  const start = performance.now();
  const outcome = await work().catch((error: unknown) => error);
  const tookMs = performance.now() - start;
  await wait(20);
  delay.disable();
  return { outcome, tookMs, stillMs: delay.max / 1e6 };
}

const NO_END = expect.objectContaining({
  reason: 'TOKENIZER_INVALID',
  message: expect.stringContaining('come to no end') as string,
}) as Error;

describe('a tokenizer for event loops', () => {
  it('lets timers fire while a hostile expression works on 262,000 characters, and gives the same error', async () => {
    const tokenizer = await opened(folderOf(HOSTILE));
    const text = 'a'.repeat(262_000);
    const work = () => tokenizer.run(encodeTask, { text }, text.length);
    const { outcome, tookMs, stillMs } = await watched(work);
    expect(outcome).toEqual(NO_END);
    expect(tookMs).toBeGreaterThan(1000);
    expect(stillMs).toBeLessThan(tookMs / 3);
  });

  it('is held up by a hostile expression once, and asks a thread from then on', async () => {
    const tokenizer = await opened(folderOf(HOSTILE));
    const ask = () => tokenizer.run(encodeTask, { text: 'a'.repeat(60) }, 60);
    await expect(ask()).rejects.toEqual(NO_END);
    const before = process.threadCpuUsage();
    await expect(ask()).rejects.toEqual(NO_END);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(20);
    expect(await tokenizer.run(encodeTask, { text: 'ab' }, 2)).toEqual([97, 98]);
  });

  it('gives the same ids, texts and errors on either side', async () => {
    const folder = folderOf(COMMON);
    const [tokenizer, here] = [await opened(folder), loadTokenizer(folder)];
    const text = 'It is 12:30, and all is well.\n'.repeat(300);
    for (const size of [0, text.length]) {
      expect(await tokenizer.run(encodeTask, { text }, size)).toEqual(here.encode(text));
      expect(await tokenizer.run(decodeTask, here.encode(text), size)).toBe(here.decode(here.encode(text)));
      const long = { text: 'a'.repeat(2 ** 20 + 1) };
      await expect(tokenizer.run(encodeTask, long, size)).rejects.toMatchObject({
        kind: 'invalid-argument',
        reason: 'TEXT_TOO_LONG',
      });
    }
  });

  it('loads large files aside: 30,000 added tokens, and says what is wrong with them as ever', async () => {
    const special = { special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
    const added_tokens = Array.from({ length: 30_000 }, (_, id) => ({
      ...{ id: 1000 + id, content: `<${id}>` },
      ...special,
    }));
    const folder = folderOf(COMMON, { added_tokens });
    const before = process.threadCpuUsage();
    const tokenizer = await opened(folder);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
    expect(tokenizer.vocabSize).toBe(31_000);
    expect(await tokenizer.run(encodeTask, { text: 'a<7>' }, 4)).toEqual([97, 1007]);
    const wrong = folderOf(COMMON, { added_tokens: added_tokens.map((one) => ({ ...one, id: -1 })) });
    expect(() => loadTokenizer(wrong)).toThrow(expect.objectContaining({ reason: 'TOKENIZER_INVALID' }));
    await expect(openTokenizer(wrong)).rejects.toMatchObject({
      reason: 'TOKENIZER_INVALID',
      message: expect.stringContaining('added_tokens') as string,
    });
  });

  it('never reads another tokenizer than the one that was opened', async () => {
    const folder = folderOf(COMMON);
    const tokenizer = await opened(folder);
    writeFileSync(join(folder, 'tokenizer.json'), readFileSync(join(folderOf('a+'), 'tokenizer.json')));
    await expect(tokenizer.run(encodeTask, { text: 'ab' }, 10_000)).rejects.toMatchObject({
      kind: 'data-loss',
      reason: 'MODEL_CHANGED',
    });
  });

  it('reads files whose times alone have changed, as those of an artifact store do', async () => {
    const folder = folderOf(COMMON);
    const tokenizer = await opened(folder);
    const inline = await tokenizer.run(encodeTask, { text: 'ab' }, 1);
    utimesSync(join(folder, 'tokenizer.json'), 1_000_000, 1_000_000);
    expect(await tokenizer.run(encodeTask, { text: 'ab' }, 10_000)).toEqual(inline);
  });
});
