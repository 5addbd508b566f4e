import { temporaryFolder } from '@sipf/runs/testing';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openVerdictJournal } from './verdict-journal.ts';

const passed = { key: 'a', passed: true, result: 'passed' };

it('gives back what an earlier attempt wrote, but for a line that was torn', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'journal');
  const first = await openVerdictJournal(path);
  await first.append([passed, { key: 'b', passed: false, result: 'timed out' }]);
  await first.close();
  appendFileSync(path, '{"key":"c","passed":tr');
  const second = await openVerdictJournal(path);
  expect(second.recovered).toBe(2);
  expect(second.get('b')).toEqual({ passed: false, result: 'timed out' });
  expect(second.get('c')).toBeUndefined();
  await second.append([{ ...passed, key: 'd' }]);
  await second.close();
  const third = await openVerdictJournal(path);
  expect(third.get('d')).toEqual({ passed: true, result: 'passed' });
  await third.remove();
  expect(existsSync(path)).toBe(false);
});

it('does not keep that a sandbox broke: the program is run again', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'journal');
  const journal = await openVerdictJournal(path);
  await journal.append([{ key: 'a', passed: null, result: 'sandbox error: x' }]);
  await journal.close();
  expect(readFileSync(path, 'utf8')).toBe('');
});
