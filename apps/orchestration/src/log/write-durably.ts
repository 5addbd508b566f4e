import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Readers, and those who come after a crash, see the whole old text or the whole new one; several may write it at once. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
