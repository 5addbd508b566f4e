import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from './find-python.ts';
import { lockOf, pythonFolder, toolsFolder, type PythonTool } from './tool-folders.ts';

/**
 * Installs a tool (gigabytes, minutes) unless it is installed, and returns the path of its Python.
 * The environment is made under another name and renamed when complete, so a killed installation never looks complete.
 * @throws Error When no fitting Python is on PATH, or pip fails.
 */
export function installPython(tool: PythonTool): string {
  const folder = pythonFolder(tool);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  const base = findPython();
  if (base === undefined)
    throw new Error(
      'no Python 3.11 to 3.13 with venv on PATH: install one (Debian: python3-venv), and try again',
    );
  mkdirSync(toolsFolder(), { recursive: true });
  const draft = `${folder}.${process.pid}`;
  try {
    run(base, ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
    run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', ...flags, '-r', lockOf(tool)]);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return python;
}

/** Runs a command with its output on standard error. */
function run(command: string, args: readonly string[]): void {
  const { status, signal } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal ?? 'nothing'}`);
}
