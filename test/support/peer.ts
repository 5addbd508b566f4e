import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Python that has the tools of others (`deploy/tools/peers.in`), or undefined; vitest.config.ts looks for it. */
export const peerPython = process.env['PEER_PYTHON'];

/** Python takes its time to load PyTorch, once a process. */
export const PEER_LIMIT_MS = 240_000;

/** Whether a suite must be skipped for want of the peers' Python; says on stderr which one and what brings it. */
export function peersAreAbsent(suite: string): boolean {
  if (peerPython !== undefined) return false;
  process.stderr.write(
    `skipping ${suite}: its peer is not here; \`npm run tools -- peers\` brings it (test/peers/README.md)\n`,
  );
  return true;
}

/**
 * Runs a script beside the calling spec with the peers' Python: `input` as JSON on its standard input, its answer is the JSON on
 * the last line of its standard output.
 * @param script Its name, relative to `from`, which is the spec's `import.meta.url`.
 * @throws Error With the end of what the script wrote to standard error, when it fails or takes longer than `PEER_LIMIT_MS`.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what its script answers
export function askPeer<Answer>(from: string, script: string, input: unknown): Answer {
  // PyTorch makes a folder for what it compiles, which nobody would remove.
  const compiled = mkdtempSync(join(tmpdir(), 'sipf-peer-'));
  try {
    const run = spawnSync(peerPython ?? '', [fileURLToPath(new URL(script, from))], {
      ...{ input: JSON.stringify(input), encoding: 'utf8', timeout: PEER_LIMIT_MS, maxBuffer: 1 << 30 },
      env: { ...process.env, ...QUIET, TORCHINDUCTOR_CACHE_DIR: compiled },
    });
    if (run.status !== 0) throw new Error(`${script}: ${run.error?.message ?? run.stderr.slice(-4_000)}`);
    return JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as Answer;
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

/** No network, no compiler, no progress bars. */
const QUIET = {
  HF_HUB_OFFLINE: '1',
  HF_DATASETS_OFFLINE: '1',
  TORCHDYNAMO_DISABLE: '1',
  TOKENIZERS_PARALLELISM: 'false',
  TQDM_DISABLE: '1',
};
