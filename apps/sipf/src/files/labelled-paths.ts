import { readDataset, type LabelledPath } from '@sipf/evaluation';
import { basename } from 'node:path';
import type { Terminal } from '../terminal.ts';
import { readText } from './read-text.ts';

/** The labelled paths of some files, in order. @throws SipfError invalid-argument that names `file:line` and the field */
export async function readLabelledPaths(
  files: readonly string[],
  { stdin }: Pick<Terminal, 'stdin'>,
): Promise<LabelledPath[]> {
  const paths: LabelledPath[] = [];
  for (const file of files) {
    const name = file === '-' ? 'standard input' : basename(file);
    paths.push(...readDataset(await readText(file, { flag: '--data', stdin }), name));
  }
  return paths;
}
