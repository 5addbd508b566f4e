import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { peerPython } from '../../support/peer.ts';

/** A gold answer and a text. */
type Pair = readonly [gold: string, text: string];

/** Verdicts that a peer gave before. */
export interface KnownVerdicts {
  /** @param ask the peer, of the pairs that it has not been asked yet */
  of(pairs: readonly Pair[], ask: (pairs: readonly Pair[]) => readonly boolean[]): readonly boolean[];
}

/**
 * A peer's verdicts, kept in the folder of the tool that gives them, which goes with another version of it: asking a quarter of a
 * million takes an hour. Nothing is kept of a Python that somebody names himself.
 */
export function knownVerdicts(peer: string): KnownVerdicts {
  const folder = dirname(dirname(peerPython ?? ''));
  const file = INSTALLED.test(basename(folder)) ? join(folder, `${peer}-verdicts.txt`) : undefined;
  const known = new Map<string, boolean>();
  if (file !== undefined && existsSync(file)) {
    // A line that was being written when its process ended has another length.
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.length === KEY + 1);
    for (const line of lines) known.set(line.slice(0, KEY), line.endsWith('1'));
  }
  return {
    of: (pairs, ask) => {
      const open = pairs.filter((pair) => !known.has(keyOf(pair)));
      const answers = open.length === 0 ? [] : ask(open);
      open.forEach((pair, index) => known.set(keyOf(pair), answers[index] === true));
      const lines = open.map((pair, index) => `${keyOf(pair)}${answers[index] === true ? '1' : '0'}\n`);
      if (file !== undefined && open.length > 0) appendFileSync(file, `\n${lines.join('')}`);
      return pairs.map((pair) => known.get(keyOf(pair)) === true);
    },
  };
}

/** The folder of the tool `peers`, by the digest of what is in it. */
const INSTALLED = /^peers-[0-9a-f]{16}$/;
const KEY = 27;

function keyOf(pair: Pair): string {
  return createHash('sha256').update(JSON.stringify(pair)).digest('base64url').slice(0, KEY);
}
