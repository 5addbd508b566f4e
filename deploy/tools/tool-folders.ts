import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Other people's tools in Python, each with an environment of its own. */
export const PYTHON_TOOLS = {
  peers: {
    setting: 'PEER_PYTHON',
    what: 'torch, transformers, peft, trl, math-verify, lm-eval, evalplus (6 GB)',
  },
  vllm: { setting: 'VLLM_PYTHON', what: 'vLLM for CPUs (6 GB)' },
} as const;

export type PythonTool = keyof typeof PYTHON_TOOLS;

/** The file with a tool's packages, pinned by version and hash. */
export function lockOf(tool: PythonTool): string {
  return fileURLToPath(new URL(`${tool}.txt`, import.meta.url));
}

/** The folder of other people's tools: `SIPF_TOOLS`, or the user's cache; outside the tree, so that clones share them. */
export function toolsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return environment['SIPF_TOOLS'] ?? join(cache, 'sipf', 'tools');
}

/** The folder of a tool's Python; its name holds the lock file's digest, so that another lock is another folder. */
export function pythonFolder(tool: PythonTool): string {
  const digest = createHash('sha256')
    .update(readFileSync(lockOf(tool)))
    .digest('hex');
  return join(toolsFolder(), `${tool}-${digest.slice(0, 16)}`);
}

/** A tool's Python: the one that its setting names, or the one that `npm run tools` installed; else undefined. */
export function findToolPython(tool: PythonTool): string | undefined {
  const installed = join(pythonFolder(tool), 'bin', 'python');
  return process.env[PYTHON_TOOLS[tool].setting] ?? (existsSync(installed) ? installed : undefined);
}
