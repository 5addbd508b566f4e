import { unpackDebianProgram } from '@sipf/events/debian-program';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../run/step.ts';

const toolsFolder = join(root, '.tools');

async function find(): Promise<string | undefined> {
  const fetched = join(toolsFolder, 'promtool', 'promtool');
  const works = (): string | undefined =>
    ['promtool', fetched].find((program) => spawnSync(program, ['--version']).status === 0);
  if (works() !== undefined) return works();
  try {
    const program = { debianPackage: 'prometheus', program: 'promtool', path: 'usr/bin/promtool' };
    await unpackDebianProgram({ ...program, toolsFolder, log: () => undefined });
  } catch {
    return undefined;
  }
  return works();
}

/**
 * Prometheus's own checker: of the machine, or of Debian's package unpacked into the tool folder; undefined where neither is
 * available.
 */
export const promtool = await find();

if (promtool === undefined) process.stderr.write('skipping the checks by promtool: promtool not found\n');
