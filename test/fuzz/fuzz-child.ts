import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate } from './mutate.ts';
import { createTargets } from './targets.ts';

/** What the child reports to its parent: which input it reads next, and which it stumbled over. */
export type FuzzNews =
  | { readonly kind: 'reading'; readonly index: number; readonly residentMiB: number }
  | { readonly kind: 'found'; readonly index: number; readonly error: string }
  | { readonly kind: 'done'; readonly accepted: number };

/** Between two words to the parent, which knows the input from the last one. */
const TELL_EVERY = 20;

const [name = '', seed = '', from = '0', to = '0'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'sipf-fuzz-'));
try {
  await readAll();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function readAll(): Promise<void> {
  const target = (await createTargets(folder))[name];
  if (target === undefined) throw new RangeError(`no reader is called ${name}`);
  for (const valid of target.seeds.slice(0, 1)) await target.read(valid);
  let accepted = 0;
  for (let index = Number(from); index < Number(to); index++) {
    const rng = createRng(seed).split(`${name}/${index}`);
    const content = mutate(rng.pick(target.seeds), rng);
    if (index % TELL_EVERY === 0) {
      report({ kind: 'reading', index, residentMiB: process.memoryUsage.rss() / 2 ** 20 });
    }
    try {
      await target.read(content);
      accepted += 1;
    } catch (error) {
      if (!(error instanceof SipfError)) report({ kind: 'found', index, error: describe(error) });
    }
  }
  report({ kind: 'done', accepted });
}

function report(news: FuzzNews): void {
  process.send?.(news);
}

function describe(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 6).join('\n')
    : String(error);
}
