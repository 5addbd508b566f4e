import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzReader } from './fuzz-reader.ts';
import { createTargets } from './targets.ts';

/** `node test/fuzz/main.ts [reader|all] [inputs] [seed]`: a line a reader; exit status 1 where one stumbled. */
const [wanted = 'all', inputs = '100000', seed = '1'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'sipf-fuzz-names-'));
const known = Object.keys(await createTargets(folder));
rmSync(folder, { recursive: true, force: true });
const names = wanted === 'all' ? known : known.filter((name) => name === wanted);
if (names.length === 0) {
  process.stderr.write(`no reader is called ${wanted}; there are ${known.join(', ')}\n`);
  process.exit(64);
}
let stumbled = 0;
for (const name of names) {
  const started = performance.now();
  const { findings, accepted, peakMiB } = await fuzzReader(name, { seed, inputs: Number(inputs) });
  stumbled += findings.length;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stdout.write(
    `${name}: ${inputs} inputs, ${accepted} valid, ${findings.length} findings, peak ${peakMiB.toFixed(0)} MiB, ${seconds} s\n`,
  );
  for (const { index, error } of findings.slice(0, 5)) process.stdout.write(`  input ${index}: ${error}\n`);
}
process.exit(stumbled === 0 ? 0 : 1);
