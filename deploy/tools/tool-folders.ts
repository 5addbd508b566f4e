import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The packages of the peers' Python, pinned by version and hash. */
export const peersLock = fileURLToPath(new URL('peers.txt', import.meta.url));

/** The folder of other people's tools: `SIPF_TOOLS`, or the user's cache; outside the tree, so that clones share them. */
export function toolsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return environment['SIPF_TOOLS'] ?? join(cache, 'sipf', 'tools');
}

/** The folder of the peers' Python; its name holds the lock file's digest, so that another lock is another folder. */
export function peersFolder(): string {
  const digest = createHash('sha256').update(readFileSync(peersLock)).digest('hex');
  return join(toolsFolder(), `peers-${digest.slice(0, 16)}`);
}

/** The peers' Python: `PEER_PYTHON`, or the one that `npm run tools -- peers` installed; else undefined. */
export function findPeerPython(): string | undefined {
  const installed = join(peersFolder(), 'bin', 'python');
  return process.env['PEER_PYTHON'] ?? (existsSync(installed) ? installed : undefined);
}
