import { spawnSync } from 'node:child_process';

/**
 * What the engine needs for 10,000 calls of C functions, the most that the interpreter allows, is 4 to 8 MiB. Only what a program
 * uses of it takes memory.
 */
const wantedKiB = 32 * 1024;
/** What is left for the engine itself where its stack counts as used up. */
const reservedKiB = 512;
let allowedKiB: number | undefined;

/** The stack of a child that runs Python, in KiB: what is wanted, or what the host lets a process have at most. */
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
