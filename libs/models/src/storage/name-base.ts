import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile } from './read-json-file.ts';
import { copyTokenizer } from './save-model-folder.ts';

const FILE = 'adapter_config.json';

/** The model that an adapter belongs to, as others find it. */
export interface NamedBase {
  /** The hub's name, or its user's name for it; undefined if unknown. */
  readonly name: string | undefined;
  /** Whose tokenizer files the adapter gets. */
  readonly folder: string;
}

/**
 * Makes a copy of an adapter's folder one that PEFT opens by itself: with the name of its base and the base's tokenizer. What is
 * no adapter is left as it is. The copy's digest is another then.
 */
export async function nameBase(folder: string, { name, folder: base }: NamedBase): Promise<void> {
  if (!existsSync(join(folder, FILE))) return;
  const fields = readJsonFile(folder, FILE) as Readonly<Record<string, unknown>>;
  const named = { ...fields, base_model_name_or_path: name ?? null };
  await writeFile(join(folder, FILE), `${JSON.stringify(named, null, 2)}\n`);
  await copyTokenizer(base, folder);
}
