import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { Tokenizer } from '@sipf/models';
import { tokenizerHere } from '@sipf/models/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readDataset } from './read-dataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipf-dataset-'));
const store = new FolderArtifactStore(folder);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Knows the letters a to f. */
const tokenizer = {
  eosTokenId: 0,
  bosTokenId: null,
  encode: (text) =>
    Array.from(text, (letter) => {
      if (/[a-f\n]/.test(letter)) return letter.charCodeAt(0);
      throw new SipfError('invalid-argument', `no token for ${letter}`, { reason: 'TEXT_NOT_ENCODABLE' });
    }),
} as Partial<Tokenizer> as Tokenizer;

function read(lines: readonly object[], dropUnreadableRows: boolean) {
  return readText(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), dropUnreadableRows);
}

async function readText(text: string, dropUnreadableRows: boolean) {
  const dataset = await store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines);
  const spec = training.JobSpec.fromPartial({
    dataset: { digest: dataset.digest },
    objective: { $case: 'supervised', value: {} },
    dropUnreadableRows,
  });
  return await readDataset(store, { spec, tokenizer: tokenizerHere(tokenizer) });
}

const row = (text: string) => ({ prompt: 'a', completion: text });

it('drops rows that the tokenizer cannot read only where it may, counts them and keeps the others as they are', async () => {
  const rows = [row('c'), row('x'), row('d'), row('y')];
  const { dataset, unreadable } = await read(rows, true);
  expect(unreadable).toBe(2);
  expect(dataset).toEqual((await read([row('c'), row('d')], false)).dataset);
  expect(dataset.examples).toHaveLength(2);
  await expect(read(rows, false)).rejects.toThrow('dataset:2: no token for x');
});

it('still names any other fault of a row', async () => {
  await expect(read([row('c'), { prompt: 'a' }], true)).rejects.toThrow(/^dataset:2: completion/);
});

it('names the first wrong row, whatever is wrong with a later one', async () => {
  const text = `${JSON.stringify(row('c'))}\n${JSON.stringify(row('x'))}\n{"prompt":\n`;
  await expect(readText(text, false)).rejects.toThrow('dataset:2: no token for x');
  await expect(readText(text, true)).rejects.toThrow('dataset:3: is not JSON');
});

it('reads many rows in groups and keeps their order', async () => {
  const letters = Array.from({ length: 3000 }, (_, index) => 'abcdef'.charAt(index % 6));
  const { dataset } = await read(letters.map(row), false);
  const learnt = dataset.examples.map((example) => 'completionIds' in example && example.completionIds[0]);
  expect(learnt).toEqual(letters.map((letter) => letter.charCodeAt(0)));
});
