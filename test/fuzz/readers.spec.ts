import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fuzzReader } from './fuzz-reader.ts';
import { createTargets } from './targets.ts';

/** As many as the suite has time for; `node test/fuzz/main.ts` reads 100,000 of each. */
const INPUTS = 400;

const folder = mkdtempSync(join(tmpdir(), 'sipf-fuzz-names-'));
const names = Object.keys(await createTargets(folder));
rmSync(folder, { recursive: true, force: true });

it.each(names)('the reader of %s answers changed content with a typed error or takes it', async (name) => {
  const { findings, accepted, peakMiB } = await fuzzReader(name, { seed: 'suite', inputs: INPUTS });
  expect(findings).toEqual([]);
  // Changes that no reader notices and changes that every reader refuses would test nothing.
  expect(accepted).toBeLessThan(INPUTS);
  expect(peakMiB).toBeLessThan(1024);
});
