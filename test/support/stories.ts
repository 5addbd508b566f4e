import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run/step.ts';

/** The real trained model beside the checkout; tests that need it are skipped without it. */
export const storiesFolder = join(root, '../shared/models/stories260K');

export const hasStories = existsSync(storiesFolder);

if (!hasStories) process.stderr.write('skipping tests of stories260K: ../shared/models is absent\n');

/** Its greedy text, 200 tokens from the beginning. */
export function expectedStory(): string {
  const text = readFileSync(join(storiesFolder, 'expected.json'), 'utf8');
  return (JSON.parse(text) as { greedy_200_text: string }).greedy_200_text;
}
