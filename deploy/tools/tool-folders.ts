import { toolsFolder } from '@sipf/inference/tools-folder';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface ToolShape {
  /** The variable that names an installed one. */
  readonly setting: string;
  readonly lock: string;
  readonly what: string;
  /** The tool whose packages it has besides its own. */
  readonly over?: string;
}

/** Other people's tools: a language's packages, each tool with an environment of its own. */
export const TOOLS = {
  peers: {
    setting: 'PEER_PYTHON',
    lock: 'peers.txt',
    what: 'torch, transformers, peft, trl, math-verify, lm-eval, evalplus (6 GB)',
  },
  zero3: {
    setting: 'ZERO3_PYTHON',
    lock: 'zero3.txt',
    what: 'deepspeed and ninja, over the peers',
    over: 'peers',
  },
  vllm: { setting: 'VLLM_PYTHON', lock: 'vllm.txt', what: 'vLLM for CPUs (6 GB)' },
  'llama-cpp': {
    setting: 'LLAMA_CPP',
    lock: 'llama-cpp/package-lock.json',
    what: 'llama.cpp for Node on Linux (0.1 GB)',
  },
} as const satisfies Readonly<Record<string, ToolShape>>;

export type Tool = keyof typeof TOOLS;

/** The file with a tool's packages, pinned by version and hash. */
export function lockOf(tool: Tool): string {
  return fileURLToPath(new URL(TOOLS[tool].lock, import.meta.url));
}

/** Whether a tool's packages are Python's; else they are Node's. */
export function isPython(tool: Tool): boolean {
  return TOOLS[tool].lock.endsWith('.txt');
}

/** The tool whose packages another has besides its own. */
export function toolUnder(tool: Tool): Tool | undefined {
  const named = TOOLS[tool];
  return 'over' in named ? named.over : undefined;
}

/** A tool's folder; its name holds the digest of its locks, so that another lock is another folder. */
export function toolFolder(tool: Tool): string {
  const under = toolUnder(tool);
  const digest = createHash('sha256');
  for (const one of [tool, ...(under === undefined ? [] : [under])]) digest.update(readFileSync(lockOf(one)));
  return join(toolsFolder(), `${tool}-${digest.digest('hex').slice(0, 16)}`);
}

/** What a tool's setting names: a Python, or the folder with Node's packages. */
export function namedBySetting(tool: Tool, folder: string): string {
  return isPython(tool) ? join(folder, 'bin', 'python') : folder;
}

/** What a tool's setting names, or what `npm run tools` installed; else undefined. */
export function findTool(tool: Tool): string | undefined {
  const installed = namedBySetting(tool, toolFolder(tool));
  return process.env[TOOLS[tool].setting] ?? (existsSync(installed) ? installed : undefined);
}
