import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of a few megabytes that can be filled and emptied at will. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Leaves no byte of room. */
  fill(): void;
  /** Takes away what {@link SmallDisk.fill} put there. */
  makeRoom(): void;
}

/** Makes one in memory. @returns undefined where this user may not mount */
export function mountSmallDisk(path: string, sizeMiB: number): SmallDisk | undefined {
  mkdirSync(path, { recursive: true });
  const options = ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', path];
  if (spawnSync('mount', options).status !== 0) return undefined;
  const ballasts: string[] = [];
  return {
    path,
    fill: () => {
      // Room may be freed while it is filled.
      while (roomOf(path) > 0) {
        const ballast = join(path, `ballast-${ballasts.length}`);
        ballasts.push(ballast);
        write(ballast, roomOf(path));
      }
    },
    makeRoom: () => {
      for (const ballast of ballasts.splice(0)) rmSync(ballast, { force: true });
    },
    [Symbol.dispose]: () => {
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function write(path: string, bytes: number): void {
  try {
    writeFileSync(path, Buffer.alloc(bytes));
  } catch {
    // Somebody else took the room; what fitted is there.
  }
}

function roomOf(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
