import { existsSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import '../decode/generation-worker.ts';

/**
 * A generation worker that exits while its first requests run, once: the file that FRAGILE_WORKER_FLAG names is made
 * then, and workers that find it live on.
 */
const flag = process.env['FRAGILE_WORKER_FLAG'] ?? '';

parentPort?.on('message', ({ name }: { readonly name?: string }) => {
  if (name !== 'generate' || existsSync(flag)) return;
  writeFileSync(flag, '');
  setTimeout(() => process.exit(3), 30);
});
