import type { ArtifactRef } from '../artifact-store.ts';
import { FolderArtifactStore } from '../folder-artifact-store.ts';

// A process of its own for the store's specification: `<root> <reference as JSON>`.
const [root = '', ref = ''] = process.argv.slice(2);
await new FolderArtifactStore(root).folder(JSON.parse(ref) as ArtifactRef);
