import type { AdapterBase, AdapterFolder } from './adapter-folder.ts';
import { loadAdapterFolder } from './load-adapter-folder.ts';
import { loadModelFolder } from './load-model-folder.ts';
import type { ModelFolder } from './model-folder.ts';

/** A folder that a helper is to open and close again. */
export interface InspectionOrder {
  readonly dir: string;
  /** Of an adapter; undefined for a model. */
  readonly base?: AdapterBase;
}

/** What is looked at of a model. */
export type ModelFacts = Pick<ModelFolder, 'config'>;
/** What is looked at of an adapter. */
export type AdapterFacts = Pick<AdapterFolder, 'lora' | 'savedTensors'>;

/** The digest is not needed, so nothing is hashed. */
const UNHASHED = { knownDigest: '' };

/** A helper's answers, see HelperModule. */
export async function answer({ dir, base }: InspectionOrder): Promise<ModelFacts | AdapterFacts> {
  if (base === undefined) {
    const model = await loadModelFolder(dir, UNHASHED);
    model.close();
    return { config: model.config };
  }
  const adapter = await loadAdapterFolder(dir, base);
  adapter.close();
  return { lora: adapter.lora, savedTensors: adapter.savedTensors };
}
