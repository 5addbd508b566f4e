export { MEDIA_TYPES, type ArtifactRef, type ArtifactStore, type StoredBlob } from './artifact-store.ts';
export { canonicalBytes, canonicalJson } from './canonical-json.ts';
export { collect, readChunks } from './chunks.ts';
export { digestBytes, digestHex } from './digest.ts';
export { FolderArtifactStore } from './folder-artifact-store.ts';
export { readJsonLines, writeJsonLines, type JsonLine, type JsonLinesOptions } from './json-lines.ts';
