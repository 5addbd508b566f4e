import { MEDIA_TYPES, verifyDigest, type ArtifactRef, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { whyUnreadable } from '../folder/require-file.ts';
import type { RunState } from '../log/run-state.ts';

/** One thing of a run that was checked. */
export interface Finding {
  /** A digest, or a file of the run's folder. */
  readonly subject: string;
  /** What refers to it, e.g. `align-2: model`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** What is wrong; absent where nothing is. */
  readonly fault?: string;
  /** What resuming the run does about it; absent where nothing is wrong, and where the fault says itself what to do. */
  readonly remedy?: string;
}

/** A digest that a stage left. */
export interface NamedOutput {
  readonly stage: string;
  /** E.g. `align-2: model`. */
  readonly name: string;
  readonly digest: string;
}

/** Every digest that a stage's outputs name; an adapted model names two. */
export function outputsOf({ completed }: Pick<RunState, 'completed'>): NamedOutput[] {
  return [...completed].flatMap(([stage, { outputs }]) =>
    Object.entries(outputs).flatMap(([output, value]) =>
      digestsIn(value).map((digest) => ({ stage, name: `${stage}: ${output}`, digest })),
    ),
  );
}

/** The digests in what an output says. */
export function digestsIn(output: string): string[] {
  return [...output.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest);
}

/** The reference of a folder by its digest. */
export function folderRef(digest: string): ArtifactRef {
  return { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder };
}

/** Reads an artifact, a folder's files too, and says whether it is what its digest says. */
export async function verifyArtifact(
  artifacts: ArtifactStore,
  { digest, name }: Pick<NamedOutput, 'digest' | 'name'>,
): Promise<Finding> {
  const finding = { subject: digest, name, sizeBytes: 0 };
  try {
    return { ...finding, sizeBytes: (await verifyDigest(artifacts, digest)).sizeBytes };
  } catch (error) {
    return { ...finding, fault: faultIn(error) };
  }
}

/** What an error says of an artifact. @throws the error where it says only that the store is away */
export function faultIn(error: unknown): string {
  if (error instanceof SipfError && error.kind !== 'unavailable') return error.message;
  const words = error instanceof SipfError ? undefined : whyUnreadable(error);
  if (words !== undefined) return words;
  throw error;
}
