import { toolsFolder } from '@sipf/inference/tools-folder';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPython } from './find-python.ts';
import { isPython, lockOf, namedBySetting, toolFolder, toolUnder, type Tool } from './tool-folders.ts';

/**
 * Installs a tool (minutes) unless it is installed, and returns what its setting names.
 * It is made under another name and renamed when complete, so a killed installation never looks complete.
 * @throws Error When no fitting Python is on PATH, or pip or npm fails.
 */
export function installTool(tool: Tool): string {
  const folder = toolFolder(tool);
  const named = namedBySetting(tool, folder);
  if (existsSync(named)) return named;
  const under = toolUnder(tool);
  const packages = under === undefined ? undefined : packagesOf(installTool(under));
  mkdirSync(toolsFolder(), { recursive: true });
  const draft = `${folder}.${process.pid}`;
  try {
    if (isPython(tool)) installPython(lockOf(tool), draft, packages);
    else installPackages(lockOf(tool), draft);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return named;
}

/** The folder that a Python has its packages in. */
function packagesOf(python: string): string {
  const { stdout } = spawnSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
    encoding: 'utf8',
  });
  return stdout.trim();
}

/** @param under a folder of packages that this Python is to have besides; its own come first */
function installPython(lock: string, folder: string, under: string | undefined): void {
  const base = findPython();
  if (base === undefined)
    throw new Error(
      'no Python 3.11 to 3.13 with venv on PATH: install one (Debian: python3-venv), and try again',
    );
  run(base, ['-m', 'venv', folder]);
  const python = join(folder, 'bin', 'python');
  if (under !== undefined) writeFileSync(join(packagesOf(python), 'under.pth'), `${under}\n`);
  const flags = ['--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
  run(python, ['-m', 'pip', 'install', ...flags, '-r', lock]);
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
