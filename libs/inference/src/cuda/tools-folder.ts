import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of other people's tools: `SIPF_TOOLS`, or the user's cache; outside the tree, so that clones share them. */
export function toolsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return environment['SIPF_TOOLS'] ?? join(cache, 'sipf', 'tools');
}
