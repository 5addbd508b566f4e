import { readFileSync } from 'node:fs';

/** One package of the lock file. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined where the lock file has none. */
  readonly license: string | undefined;
  /** Whether an installation without development packages has it, on one system or another. */
  readonly shipped: boolean;
  /** Whether an installation works without it: other systems' binaries, Node itself. Images have none of these. */
  readonly optional: boolean;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
}

/** The third-party packages that an npm lock file (version 3) pins: each version once, sorted by name. */
export function lockedPackages(lockFile: string | URL): readonly LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as { packages: Record<string, LockEntry> };
  const byId = new Map<string, LockedPackage>();
  for (const [path, { version = '', license, dev = false, link = false, optional = false }] of Object.entries(
    packages,
  )) {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/u.exec(path)?.[1];
    if (name === undefined || link) continue;
    const id = `${name}@${version}`;
    // One version may be installed in several folders, for several reasons.
    const before = byId.get(id);
    const shipped = !dev || before?.shipped === true;
    byId.set(id, { name, version, license, shipped, optional: optional && before?.optional !== false });
  }
  return [...byId.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, locked]) => locked);
}
