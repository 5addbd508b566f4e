import { syncFolder } from '@sipf/artifacts';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claim, type Claim } from './claim.ts';

/** `claim-<n>`: the n-th claim, which is never changed; the one of the highest number counts. */
const CLAIM_NAME = /^claim-(\d+)$/;
const BEAT_ENDING = '.beat';
/** Claims of before that stay: who looked long ago, and goes on now, must find its number taken. */
const KEPT = 16;

/** What a holder that has given up its lease leaves as its heartbeat. */
export const RELEASED = 'released';
const BEAT_LENGTH = 16;

/** The number of the newest claim in a lease's folder; 0 where there is none. */
export async function newestClaim(folder: string): Promise<number> {
  return highest(await readdir(folder).catch(unlessMissing));
}

/** As {@link newestClaim}, for what may not wait. */
export function newestClaimNow(folder: string): number {
  try {
    return highest(readdirSync(folder));
  } catch (error) {
    return highest(unlessMissing(error));
  }
}

/** Undefined for a claim that cannot be read: a file system without links may show half of one. */
export async function readClaim(folder: string, number: number): Promise<Claim | undefined> {
  try {
    return claim.parse(JSON.parse(await readFile(claimFile(folder, number), 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Takes a number, whole and durable, if nobody has it. It does not rest on locks of files: of those who link one name at the
 * same time, also from several hosts, one succeeds.
 * @returns whether it is this caller's
 */
export async function makeClaim(folder: string, number: number, content: Claim): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeSynced(draft, JSON.stringify(content));
    const isMade = await linkOnce(draft, claimFile(folder, number));
    if (isMade) await syncFolder(folder);
    return isMade;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes the claims of long ago. */
export async function forgetClaims(folder: string, newest: number): Promise<void> {
  for (const name of await readdir(folder).catch(unlessMissing)) {
    const number = numberOf(name.replace(BEAT_ENDING, ''));
    if (number > 0 && number <= newest - KEPT) await rm(join(folder, name), { force: true });
  }
}

/** Writes a heartbeat over the one before: that takes no room, which a full disk would not have. */
export async function writeBeat(folder: string, number: number, beat: string): Promise<void> {
  const file = beatFile(folder, number);
  const text = `${beat.padEnd(BEAT_LENGTH - 1)}\n`;
  try {
    await using written = await open(file, 'r+');
    await written.write(text, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await writeFile(file, text);
    else await utimes(file, new Date(), new Date());
  }
}

/** The heartbeat as it stands: whoever sees another one than before has heard its holder. */
export async function readBeat(folder: string, number: number): Promise<string> {
  const file = beatFile(folder, number);
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text === RELEASED ? RELEASED : `${text} ${(await stat(file)).mtimeMs}`;
  } catch (error) {
    unlessMissing(error);
    return '';
  }
}

function claimFile(folder: string, number: number): string {
  return join(folder, `claim-${number}`);
}

function beatFile(folder: string, number: number): string {
  return claimFile(folder, number) + BEAT_ENDING;
}

function numberOf(name: string): number {
  return Number(CLAIM_NAME.exec(name)?.[1] ?? 0);
}

function highest(names: readonly string[]): number {
  return Math.max(0, ...names.map(numberOf));
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(text);
  await file.sync();
}

/** A network's file system may have linked, and say that the name is taken, where its first answer was lost. */
async function linkOnce(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((await stat(draft)).nlink === 2) return true;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
  }
  return await createOnce(path, await readFile(draft, 'utf8'));
}

/** For file systems without links. */
async function createOnce(path: string, text: string): Promise<boolean> {
  try {
    await writeSynced(path, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function unlessMissing(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
