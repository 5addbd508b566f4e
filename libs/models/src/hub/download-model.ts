import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { digestFolder } from '../storage/digest-folder.ts';
import { folderExists, publishFolder } from '../storage/publish-folder.ts';
import { readJsonFile } from '../storage/read-json-file.ts';
import { chooseSettings, chooseWeights, SHARD_INDEX } from './choose-files.ts';
import { downloadFile } from './download-file.ts';
import { createHubClient, type HubClient, type HubRepository } from './hub-client.ts';
import type { HubFile, KnownFile } from './hub-file.ts';
import { writeModelSource } from './model-source.ts';
import { IDLE_TIMEOUT_MS, type Patience, withRetries } from './with-retries.ts';

/** What is to be downloaded, and where to. */
export interface ModelDownload extends HubRepository, Patience {
  /** The model's folder; it appears when it is complete. Until then its parts lie beside it in `.<name>.download`. */
  readonly dir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** How far one file is. */
export interface DownloadProgress {
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** A model that is there. */
export interface DownloadedModel {
  /** The commit that the revision stood for. */
  readonly commit: string;
  /** See digestFolder. */
  readonly digest: string;
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
}

/**
 * Downloads a model, or an adapter, from a hub: configuration and tokenizer first, so that what cannot be loaded is not
 * downloaded, then the weights as safetensors; every file is checked by size and hash. Called again after an error it
 * continues where it stopped; a file that is the same in another revision is not downloaded twice.
 *
 * @throws SipfError already-exists FOLDER_EXISTS; failed-precondition PICKLE_REFUSED; and as {@link parseDecoderConfig},
 * {@link createHubClient}, {@link downloadFile}
 */
export async function downloadModel(download: ModelDownload): Promise<DownloadedModel> {
  const { dir, signal = new AbortController().signal } = download;
  if (existsSync(dir)) throw folderExists(dir);
  const client = createHubClient(download);
  const { commit, files } = await asking(download, signal, (limit) => client.list(limit));
  const parts = join(dirname(dir), `.${basename(dir)}.download`);
  await mkdir(parts, { recursive: true });
  const fetchAll = fetcher(download, { client, commit, parts, signal });
  const settings = await fetchAll(chooseSettings(files));
  const weights = await fetchAll(chooseWeights(files, readSettings(settings, parts)));
  const all = [...settings, ...weights];
  await publishFolder(dir, async (folder) => {
    for (const file of all) await linkOrCopy(join(parts, file.hash), join(folder, file.name));
    await writeModelSource(folder, { repository: download.repo, commit });
  });
  await rm(parts, { recursive: true });
  return {
    commit,
    digest: await digestFolder(dir),
    files: all.map(({ name, size }) => ({ name, sizeBytes: size })),
  };
}

interface Fetching {
  readonly client: HubClient;
  readonly commit: string;
  /** Every part is named by its hash. */
  readonly parts: string;
  readonly signal: AbortSignal;
}

function fetcher(download: ModelDownload, { client, commit, parts, signal }: Fetching) {
  const { onProgress, ...patience } = download;
  return async (files: readonly HubFile[]): Promise<KnownFile[]> => {
    const known: KnownFile[] = [];
    for (const listed of files) {
      const file = await asking(download, signal, (limit) => client.know(listed, commit, limit));
      const onBytes = (receivedBytes: number) => {
        onProgress?.({ file: file.name, receivedBytes, totalBytes: file.size });
      };
      const path = join(parts, file.hash);
      await downloadFile(file, { ...patience, client, commit, path, signal, onBytes });
      known.push(file);
    }
    return known;
  };
}

/** A short question to the hub, asked again where it gets no answer in time. */
function asking<T>(
  patience: Patience,
  signal: AbortSignal,
  ask: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const { idleTimeoutMs = IDLE_TIMEOUT_MS } = patience;
  const limited = () => ask(AbortSignal.any([signal, AbortSignal.timeout(idleTimeoutMs)]));
  return withRetries(limited, { ...patience, signal });
}

/** Refuses a model that cannot be loaded; gives the list of shards, where there is one. */
function readSettings(settings: readonly KnownFile[], parts: string): unknown {
  const hashOf = (name: string) => settings.find((file) => file.name === name)?.hash;
  const config = hashOf('config.json');
  if (config !== undefined) parseDecoderConfig(readJsonFile(parts, config, 'config.json'));
  const index = hashOf(SHARD_INDEX);
  return index === undefined ? undefined : readJsonFile(parts, index, SHARD_INDEX);
}

/** A second name for the part where the file system can do that, so that a crash here costs nothing. */
async function linkOrCopy(part: string, path: string): Promise<void> {
  await link(part, path).catch(() => copyFile(part, path));
}
