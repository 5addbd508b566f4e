import { existsSync, readdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import threads from 'node:worker_threads';
import { root } from '../run/step.ts';

/** Programs of threads that a model's engine runs in; each loads half of the libraries. */
const ENTRIES = [
  'libs/inference/src/decode/generation-worker.ts',
  'libs/inference/src/scoring/scoring-worker.ts',
  'libs/learning/src/trainer/training-worker.ts',
];

/**
 * Where programs are bundled (bundled-programs.ts), specs too start the engine's threads as the bundles have them: a thread of
 * the tree takes half a second of a processor to load, and hundreds are started. Where no suites run beside them, the tree is
 * taken.
 */
function startBundledThreads(folder: string): void {
  const names = readdirSync(folder);
  const bundles = new Map(
    ENTRIES.map((entry) => {
      const part = `${entry.slice(0, -'.ts'.length).replaceAll('/', '-')}-`;
      const name = names.find((file) => file.startsWith(part) && file.endsWith('.mjs'));
      if (name === undefined) throw new Error(`${folder} has no bundle of ${entry}`);
      return [pathToFileURL(join(root, entry)).href, pathToFileURL(join(folder, name))];
    }),
  );
  threads.Worker = class extends threads.Worker {
    constructor(entry: string | URL, options?: threads.WorkerOptions) {
      super(bundles.get(entry.toString()) ?? entry, options);
    }
  };
  syncBuiltinESMExports();
}

const folder = process.env['BUNDLED_PROGRAMS'] ?? '';
if (folder !== '' && existsSync(folder)) startBundledThreads(folder);
