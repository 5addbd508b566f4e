import type { FolderArtifactStore } from '@sipf/artifacts';
import { isModelFile, type HeadConfig } from '@sipf/models';
import { join } from 'node:path';
import { randomModel, writeAdapter, writeModel } from '../../support/models.ts';

/** Of the adapters that jobs start from: a fresh one is drawn otherwise by PyTorch than by the engine. See writeAdapter. */
export const ADAPTER = { rank: 2, alpha: 8, targetModules: ['q_proj', 'down_proj'] };
/** bitsandbytes decodes rows on CPUs rightly where they are whole blocks of 64. */
const WIDE = { hiddenSize: 64, headDim: 32, intermediateSize: 64 };

/** Models and adapters of random weights that jobs start from, each written into a store once. */
export class TrlStarts {
  readonly #folder: string;
  readonly #store: FolderArtifactStore;
  readonly #digests = new Map<string, Promise<string>>();

  constructor(folder: string, store: FolderArtifactStore) {
    this.#folder = folder;
    this.#store = store;
  }

  async base(head: HeadConfig): Promise<{ readonly digest: string }> {
    const digest = await this.#put('base', head, (at) => writeModel(this.#folder, at, model(head)));
    return { digest };
  }

  /** On a language model. @param head that it brings, where it is another one's */
  async adapter(head: HeadConfig): Promise<{ readonly digest: string; readonly adapterDigest: string }> {
    const { digest } = await this.base('lm');
    const adapterDigest = await this.#put('adapter', head, (at) =>
      writeAdapter(join(this.#folder, at), model('lm'), digest, { head, deviation: 0.2 }),
    );
    return { digest, adapterDigest };
  }

  /** @returns the folder's digest */
  #put(kind: string, head: HeadConfig, write: (name: string) => Promise<string>): Promise<string> {
    const name = `${kind} of ${head === 'lm' ? head : head.features}`;
    const known = this.#digests.get(name);
    if (known !== undefined) return known;
    const put = write(name).then(async (at) => (await this.#store.putFolder(at, isModelFile)).digest);
    this.#digests.set(name, put);
    return put;
  }
}

function model(head: HeadConfig) {
  return randomModel('base', head, WIDE);
}
