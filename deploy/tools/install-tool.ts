import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolsFolder } from '../../libs/inference/src/cuda/tools-folder.ts';
import { findPython } from './find-python.ts';
import { isPython, lockOf, namedBySetting, toolFolder, type Tool } from './tool-folders.ts';

/**
 * Installs a tool (minutes) unless it is installed, and returns what its setting names.
 * It is made under another name and renamed when complete, so a killed installation never looks complete.
 * @throws Error When no fitting Python is on PATH, or pip or npm fails.
 */
export function installTool(tool: Tool): string {
  const folder = toolFolder(tool);
  const named = namedBySetting(tool, folder);
  if (existsSync(named)) return named;
  mkdirSync(toolsFolder(), { recursive: true });
  const draft = `${folder}.${process.pid}`;
  try {
    (isPython(tool) ? installPython : installPackages)(lockOf(tool), draft);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return named;
}

function installPython(lock: string, folder: string): void {
  const base = findPython();
  if (base === undefined)
    throw new Error(
      'no Python 3.11 to 3.13 with venv on PATH: install one (Debian: python3-venv), and try again',
    );
  run(base, ['-m', 'venv', folder]);
  const flags = ['--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
  run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...flags, '-r', lock]);
}

/**
 * Without install scripts, and without what its optional dependencies bring for other processors; `npm ci` would ask for these in
 * the lock.
 */
function installPackages(lock: string, folder: string): void {
  mkdirSync(folder);
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(dirname(lock), name), join(folder, name));
  const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  run('npm', ['install', ...flags, '--prefix', folder]);
}

/** Runs a command with its output on standard error. */
function run(command: string, args: readonly string[]): void {
  const { status, signal } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal ?? 'nothing'}`);
}
