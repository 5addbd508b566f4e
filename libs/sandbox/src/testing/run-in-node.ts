import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a program printed, and its status. */
interface NodeRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Node itself, which runs programs in a folder of its own until it is closed. */
export interface ProgramsInNode {
  readonly run: (code: string, input: string) => NodeRun;
  readonly close: () => void;
}

/** @see ProgramsInNode */
export function openNode(): ProgramsInNode {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-node-programs-'));
  return {
    run: (code, input) => {
      const isModule =
        /^import |\bawait (?:import|new)|\bimport\.meta/m.test(code) && !code.includes('require(');
      const path = join(folder, `program${isModule ? '.mjs' : '.js'}`);
      writeFileSync(path, code);
      // A file, since /dev/stdin cannot be opened again where it is a socket.
      writeFileSync(join(folder, 'input'), input);
      const stdin = openSync(join(folder, 'input'), 'r');
      const run = spawnSync(process.execPath, ['--no-warnings', path], {
        stdio: [stdin, 'pipe', 'pipe'],
        encoding: 'utf8',
      });
      closeSync(stdin);
      return run;
    },
    close: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
