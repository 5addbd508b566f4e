import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPeer, peersAreAbsent, PEER_LIMIT_MS } from '../support/peer.ts';
import { startProgram } from '../support/start-program.ts';
import { hasStories, storiesFolder } from '../support/stories.ts';

interface Evaluation {
  readonly loglikelihoods: readonly (readonly number[])[];
  readonly greedy: readonly (readonly boolean[])[];
  readonly texts: readonly string[];
  readonly accuracy: number;
}

const ENDINGS: readonly (readonly [string, ...string[]])[] = [
  ['Once upon a time, there was a little girl named', ' Lily.', ' table.', ' the the the.'],
  ['The cat was', ' happy', ' and and', ' very very big and saw a dog in the park.'],
  ['Tom and his mom went to the', ' park', ' xylophone ½ 🦙'],
  ['She said, "', 'Thank you!"', '0123456789'],
  ['', 'Once upon a time', 'Zebra'],
];

describe.skipIf(peersAreAbsent('lm-eval against the gateway') || !hasStories)('lm-eval', () => {
  const stack = new AsyncDisposableStack();
  let answers: Readonly<Record<'ours' | 'theirs', Evaluation>>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sipf-lm-eval-'));
    stack.defer(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const service = stack.use(await startProgram('generation', ['--model', storiesFolder]));
    const flags = ['--generation', service.address, '--served-model-name', 'stories'];
    const gateway = stack.use(await startProgram('gateway', flags));
    answers = askPeer(import.meta.url, 'lm-eval.py', {
      ...{
        folder,
        endings: ENDINGS.map(([beginning, ...endings]) => ({ beginning, endings, right: 0 })),
        until: ['\n'],
        weights: storiesFolder,
        model: 'stories',
      },
      url: `http://${gateway.address}/v1/completions`,
    });
  }, PEER_LIMIT_MS);
  afterAll(() => stack.disposeAsync());

  it('gives through the gateway the log-likelihoods that it gives in transformers', () => {
    const { ours, theirs } = answers;
    expect(ours.loglikelihoods).toHaveLength(ENDINGS.length);
    for (const [at, own] of ours.loglikelihoods.entries()) {
      expect(own).toHaveLength((ENDINGS[at]?.length ?? 0) - 1);
      own.forEach((value, choice) => {
        expect(Math.abs(value - (theirs.loglikelihoods[at]?.[choice] ?? NaN))).toBeLessThan(1e-4);
      });
    }
    expect(ours.greedy).toEqual(theirs.greedy);
    expect(new Set(ours.greedy.flat()).size).toBe(2);
    expect(ours.accuracy).toBe(theirs.accuracy);
  });

  it('writes the same texts, whose first space transformers leaves out', () => {
    expect(answers.ours.texts.map((text) => text.trimStart())).toEqual(
      answers.theirs.texts.map((text) => text.trimStart()),
    );
    expect(answers.ours.texts.every((text) => text.length > 20)).toBe(true);
  });
});
