import { spawnSync } from 'node:child_process';

/**
 * The engine needs 4 to 8 MiB for 10,000 calls of C functions, the most that the interpreter allows. Only the part that a program
 * uses takes memory.
 */
const wantedKiB = 32 * 1024;
/** Reserve for the engine itself where its stack counts as exhausted. */
const reservedKiB = 512;
let allowedKiB: number | undefined;

/** The stack of a child that runs Python, in KiB: the wanted one, or the host's maximum for a process. */
export function stackKiB(): number {
  allowedKiB ??= askHost();
  return allowedKiB;
}

/** The engine's flag for {@link stackKiB}. */
export function stackArgument(): string {
  return `--stack-size=${stackKiB() - reservedKiB}`;
}

function askHost(): number {
  const script = `ulimit -s ${wantedKiB} || ulimit -s "$(ulimit -H -s)"; ulimit -s`;
  const { stdout } = spawnSync('/bin/sh', ['-c', script], { env: {}, encoding: 'utf8' });
  const allowed = Number.parseInt(stdout);
  return allowed < wantedKiB ? allowed : wantedKiB;
}
