import { BlobArtifactStore } from './blob-artifact-store.ts';
import { FolderBlobs } from './blobs/folder-blobs.ts';

/**
 * A store in a local or shared folder: `blobs/<2 hex>/<64 hex>` hold content, `folders/<64 hex>` materialised folder
 * artifacts, `temporary` what is being written. A blob appears under its name only when it is complete and durable.
 */
export class FolderArtifactStore extends BlobArtifactStore {
  /** @param root is made at the first put; its file system should support hard links, else files are copied. */
  constructor(root: string) {
    super(new FolderBlobs(root), root);
  }
}
