import { digestFile } from '@sipf/artifacts/file-digest';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegularFile } from './open-regular-file.ts';

const MODEL_FILES =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|adapter_config|vocab)\.json$|^(tokenizer\.model|merges\.txt|chat_template\.jinja)$|^[\w][\w.-]*\.safetensors(\.index\.json)?$/;

/** Whether a file of this name, at the top of a model folder, says what the model computes. */
export function isModelFile(name: string): boolean {
  return MODEL_FILES.test(name);
}

/**
 * `sha256:<hex>` of the folder's manifest: the canonical JSON (sorted keys, no white space) of
 * `{files: [{path, digest, sizeBytes}]}` over its model files in ascending order of name. An artifact store that
 * keeps the folder under such a manifest has the same digest for it. A file that this process has hashed is not hashed again.
 * @throws SipfError not-found MODEL_FILE_NOT_FOUND where one of them is no regular file: a pipe or device would never end
 */
export async function digestFolder(dir: string): Promise<string> {
  const names = (await readdir(dir)).filter(isModelFile).sort();
  const files: { digest: string; path: string; sizeBytes: number }[] = [];
  for (const path of names) {
    openRegularFile(join(dir, path)).close();
    const { digest, sizeBytes } = await digestFile(join(dir, path));
    files.push({ digest, path, sizeBytes });
  }
  return `sha256:${createHash('sha256').update(JSON.stringify({ files })).digest('hex')}`;
}
