import { deviceTable } from '@sipf/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../run/step.ts';

/** A table's rows without the padding that a formatter gives its cells. */
function cellsOf(markdown: string): string[] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((row) => row.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---'));
}

it('describes in the README of the engine what each device computes', () => {
  const readme = readFileSync(join(root, 'libs/inference/README.md'), 'utf8');
  const [, section = ''] = /^## Devices\n(.*?)^## /ms.exec(readme) ?? [];
  expect(cellsOf(section)).toEqual(cellsOf(deviceTable()));
});
