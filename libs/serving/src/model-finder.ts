import { MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { digestFolder, modelChanged } from '@sipf/models';

/** A model on this machine's disk. */
export interface FoundModel {
  /** The base's digest, followed by `+` and the adapter's where there is one; equal keys are equal models. */
  readonly key: string;
  readonly ref: common.ModelRef;
  readonly folder: string;
  /** What `digestFolder` gives for the folder, where it was looked at. */
  readonly folderDigest?: string;
  readonly adapterFolder?: string;
}

/** Finds the folder of a model that a request names. */
export interface ModelFinder {
  /**
   * @param ref an absent or empty one means the service's default model
   * @throws SipfError not-found MODEL_NOT_FOUND; failed-precondition MODEL_NOT_LOADED where there is no store to load
   * from; data-loss ARTIFACT_CORRUPT
   */
  find(ref: common.ModelRef | undefined): Promise<FoundModel>;
  /**
   * Looks at the base's files before they are opened; the store has looked at those that it gave.
   * @throws SipfError data-loss MODEL_CHANGED for a folder of this service's that is not what it was at the start
   */
  confirm(found: FoundModel): Promise<FoundModel>;
  /** The models of the other folders, in their order. */
  readonly others: readonly common.ModelRef[];
}

/**
 * @param options.defaultFolder a Hugging Face folder, hashed once at the start
 * @param options.others more of them, found by their digests alone
 * @throws SipfError not-found MODEL_NOT_FOUND where one of these folders cannot be read
 */
export async function createModelFinder(options: {
  readonly artifacts: ArtifactStore | undefined;
  readonly defaultFolder: string | undefined;
  readonly others?: readonly string[];
}): Promise<ModelFinder> {
  const { artifacts, defaultFolder, others = [] } = options;
  const own = defaultFolder === undefined ? undefined : await ownModel(defaultFolder);
  const further = await Promise.all(others.map(ownModel));
  const held = [...(own === undefined ? [] : [own]), ...further];
  return {
    others: further.map(({ ref }) => ref),
    confirm: async (found) => {
      const { folder, ref } = found;
      const actual = await digestFolder(folder);
      const isOwn = held.some((model) => model.folder === folder);
      if (isOwn && actual !== ref.digest) throw modelChanged(folder, { expected: ref.digest, actual });
      return { ...found, folderDigest: actual };
    },
    find: async (ref) => {
      const { digest, adapterDigest } = ref ?? common.ModelRef.create();
      const base = digest === '' ? (own?.ref.digest ?? '') : digest;
      if (base === '') throw notLoaded('this service has no default model; name one by its digest');
      const known = held.find((model) => model.ref.digest === base);
      if (known !== undefined && adapterDigest === '') return known;
      if (artifacts === undefined) {
        throw notLoaded(
          `this service holds ${own?.ref.digest ?? 'no model'} and has no store to load another from`,
        );
      }
      const found = common.ModelRef.create({ digest: base, adapterDigest });
      const folder = known?.folder ?? (await folderOf(artifacts, 'model', base));
      if (adapterDigest === '') return { key: base, ref: found, folder };
      const adapterFolder = await folderOf(artifacts, 'adapter', adapterDigest);
      return { key: `${base}+${adapterDigest}`, ref: found, folder, adapterFolder };
    },
  };
}

async function ownModel(folder: string): Promise<FoundModel> {
  const digest = await digestFolder(folder).catch((cause: unknown) => {
    throw new SipfError('not-found', 'the folder of the model is missing or cannot be read', {
      reason: 'MODEL_NOT_FOUND',
      cause,
    });
  });
  return { key: digest, ref: common.ModelRef.create({ digest, adapterDigest: '' }), folder };
}

async function folderOf(
  artifacts: ArtifactStore,
  what: 'model' | 'adapter',
  digest: string,
): Promise<string> {
  try {
    return await artifacts.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
  } catch (cause) {
    if (cause instanceof SipfError && cause.kind === 'not-found') {
      throw new SipfError('not-found', `the artifact store has no ${what} ${digest}`, {
        reason: 'MODEL_NOT_FOUND',
        metadata: { digest },
        cause,
      });
    }
    throw cause;
  }
}

function notLoaded(message: string): SipfError {
  return new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED' });
}
