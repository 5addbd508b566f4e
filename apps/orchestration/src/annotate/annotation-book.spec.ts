import { annotation as contract } from '@sipf/contracts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { everyTurnedBit } from '../testing/turned-bits.ts';
import { addAnnotation, readAnnotations, type Annotation } from './annotation-book.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-annotations-'));
  path = join(folder, 'annotations.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function says(annotator: string, comment: string, invalid = false): Annotation {
  const steps = [{ broken: [contract.StepCriterion.LOGIC] }, { invalid: true }];
  const at = new Date('2026-01-01T00:00:00.000Z');
  return contract.Annotation.fromPartial({
    ...{ annotator, comment, invalid, steps, at },
    stage: 's',
    pathKey: 'p',
  });
}

async function add(...annotations: readonly Annotation[]): Promise<void> {
  for (const annotation of annotations) await addAnnotation(path, annotation);
}

it('has the latest of every person, as it was said', async () => {
  await add(says('ada', 'no'), says('bo', 'ja, schön'));
  await add(says('ada', '', true));
  expect(await readAnnotations(path)).toEqual([says('ada', '', true), says('bo', 'ja, schön')]);
});

it('notices every bit that is turned over', async () => {
  await add(says('ada', 'no'), says('bo', 'ja, schön'));
  await everyTurnedBit(path, async () => {
    await expect(readAnnotations(path)).rejects.toMatchObject({ kind: 'data-loss', reason: 'LOG_CORRUPT' });
  });
});

it('reads and continues a book from before checksums', async () => {
  await add(says('ada', 'no'));
  const older = readFileSync(path, 'utf8').replaceAll(/,"crc32":"\w{8}"/g, '');
  writeFileSync(path, older);
  await add(says('bo', 'yes'));
  expect(readFileSync(path, 'utf8').startsWith(older)).toBe(true);
  expect(await readAnnotations(path)).toEqual([says('ada', 'no'), says('bo', 'yes')]);
  await everyTurnedBit(
    path,
    async () => {
      await expect(readAnnotations(path)).rejects.toMatchObject({ reason: 'LOG_CORRUPT' });
    },
    older.length - 1,
  );
});

it.each([
  ['no object', 'null'],
  ['an unknown field', '{"annotator":"ada","remark":"x"}'],
  ['an unknown criterion', '{"annotator":"ada","steps":[{"broken":["TASTE"]}]}'],
  ['a time that is none', '{"annotator":"ada","at":"yesterday"}'],
])('refuses a line that is %s', async (_, line) => {
  writeFileSync(path, `${line}\n`);
  const words =
    /annotations\.jsonl:1 is damaged \(not an annotation\): restore the file from a copy, or delete that line/;
  await expect(readAnnotations(path)).rejects.toThrow(words);
});
