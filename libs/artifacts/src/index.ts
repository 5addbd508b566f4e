export {
  MEDIA_TYPES,
  type ArtifactRef,
  type ArtifactStore,
  type ByteRange,
  type StoredBlob,
} from './artifact-store.ts';
export { canonicalBytes, canonicalJson } from './canonical-json.ts';
export { collect, readChunks } from './chunks.ts';
export { digestBytes, digestHex } from './digest.ts';
export { writeDurably } from './durable-file.ts';
export { FolderArtifactStore } from './folder-artifact-store.ts';
export { assertKnownFormat, type WrittenFormat } from './known-format.ts';
export { looksLikeFolder, type ManifestFile } from './folder-manifest.ts';
export {
  readJsonLines,
  writeJsonLines,
  wrongLine,
  type JsonLine,
  type JsonLinesOptions,
} from './json-lines.ts';
export {
  collectGarbage,
  reachableDigests,
  type GarbageOptions,
  type GarbageReport,
} from './collect-garbage.ts';
export { createSumReader, hasLostLineBreak, summedLine, type SumReader } from './summed-line.ts';
export { verifyDigest, type VerifiedArtifact } from './verify-digest.ts';
export { openArtifactStore, type OpenedArtifactStore } from './open-artifact-store.ts';
