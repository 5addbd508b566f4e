import { spawnSync } from 'node:child_process';

/** The versions that every package of the lock files has binaries for. */
const VERSIONS = ['3.12', '3.11', '3.13'];

/** A Python on PATH that can make the peers' environment, or undefined. Runs each candidate, since a shim may be broken. */
export function findPython(): string | undefined {
  return [...VERSIONS.map((version) => `python${version}`), 'python3'].find((name) => {
    const probe = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';
    const { status, stdout } = spawnSync(name, ['-c', probe], { encoding: 'utf8' });
    return status === 0 && VERSIONS.includes(stdout.trim());
  });
}
