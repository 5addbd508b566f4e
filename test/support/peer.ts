import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Python with the peers (`deploy/tools/peers.in`), or undefined; vitest.config.ts finds it. */
export const peerPython = process.env['PEER_PYTHON'];

/** Generous, because each process must load PyTorch. */
export const PEER_LIMIT_MS = 240_000;

/** Whether a suite must be skipped because the peers' Python is missing; prints its name and the remedy to stderr. */
export function peersAreAbsent(suite: string): boolean {
  if (peerPython !== undefined) return false;
  process.stderr.write(
    `skipping ${suite}: its peer is not here; \`npm run tools -- peers\` brings it (test/peers/README.md)\n`,
  );
  return true;
}

/**
 * Runs a script beside the calling spec with the peers' Python: it gets `input` as JSON on standard input, and answers with
 * JSON on the last line of standard output.
 * @param script Its name, relative to `from`, which is the spec's `import.meta.url`.
 * @throws Error With the end of the script's standard error, when it fails or takes longer than `PEER_LIMIT_MS`.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what its script answers
export function askPeer<Answer>(from: string, script: string, input: unknown): Answer {
  // PyTorch creates a folder for compiled code and never removes it.
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
