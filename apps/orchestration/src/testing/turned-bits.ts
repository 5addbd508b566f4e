import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes the file once for every byte with one bit of it turned over, another bit from byte to byte, and restores it.
 * @param check what is to hold each time
 * @param first the first byte that is changed
 */
export async function everyTurnedBit(path: string, check: () => Promise<void>, first = 0): Promise<void> {
  const whole = readFileSync(path);
  for (let at = first; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path, bytes);
    await check();
  }
  writeFileSync(path, whole);
}
