import type { ContentHash } from './content-hash.ts';

/** A file of a repository as the hub lists it. */
export interface HubFile {
  /** Path inside the repository. */
  readonly name: string;
  /** In bytes; undefined where the list does not say. */
  readonly size: number | undefined;
  readonly hash: ContentHash | undefined;
}

/** A file whose content is known before it is there. */
export type KnownFile = HubFile & { readonly size: number; readonly hash: ContentHash };

/** One commit of a repository. */
export interface HubRevision {
  /** The commit that a branch or tag stands for. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}
