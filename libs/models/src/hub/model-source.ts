import { join } from 'node:path';
import { z } from 'zod';
import { parseFileContent } from '../config/schema-violations.ts';
import { writeJsonFile } from '../storage/publish-folder.ts';
import { readOptionalJsonFile } from '../storage/read-json-file.ts';

/** Says where a folder came from; no part of what the model computes, nor of its digest. */
const FILE = 'sipf-source.json';

const schema = z.looseObject({ repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/), commit: z.string() });

/** Records in a model's folder which repository of a hub it is. */
export async function writeModelSource(
  folder: string,
  source: { readonly repository: string; readonly commit: string },
): Promise<void> {
  await writeJsonFile(join(folder, FILE), source);
}

/**
 * The hub's name of a model's folder, `org/name`; undefined if it was not recorded.
 * @throws SipfError failed-precondition MODEL_FILE_INVALID
 */
export function readHubName(folder: string): string | undefined {
  const content = readOptionalJsonFile(folder, FILE);
  if (content === undefined) return undefined;
  return parseFileContent(schema, content, { fileName: FILE, reason: 'MODEL_FILE_INVALID' }).repository;
}
