import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createReadStream } from 'node:fs';
import { artifactNotFound } from '../artifact-errors.ts';
import type { StoredBlob } from '../artifact-store.ts';
import { digestHex } from '../digest.ts';
import type { BlobStat, BlobStorage, LocalFile } from './blob-storage.ts';

/** The location of blobs on an S3-compatible server. */
export interface S3Location {
  readonly bucket: string;
  /** Before every key: empty, or ended by a slash. */
  readonly prefix: string;
}

/** Parts of an upload, and how many are in memory at once. */
const PART = { partSize: 16 * 1024 * 1024, queueSize: 2 } as const;

/** The blobs at a location, and a function that closes the connections. Without an endpoint AWS' own is used. */
export function connectS3(
  location: S3Location,
  { region, endpoint }: { readonly region: string; readonly endpoint: string | null },
): { readonly blobs: S3Blobs; readonly close: () => Promise<void> } {
  const own = endpoint === null ? {} : { endpoint, forcePathStyle: true };
  const client = new S3Client({ region, ...own });
  const close = (): Promise<void> => {
    client.destroy();
    return Promise.resolve();
  };
  return { blobs: new S3Blobs(client, location), close };
}

/** Blobs as objects `<prefix>blobs/<64 hex>` of a bucket, notes as `<prefix>notes/<64 hex>`. An object appears only when its upload is complete. */
export class S3Blobs implements BlobStorage {
  readonly #client: S3Client;
  readonly #location: S3Location;

  constructor(client: S3Client, location: S3Location) {
    this.#client = client;
    this.#location = location;
  }

  async publish(digest: string, { path }: LocalFile): Promise<void> {
    const params = { ...this.#object(digest), Body: createReadStream(path) };
    await new Upload({ client: this.#client, params, ...PART }).done();
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    const { Body: body } = await this.#client
      .send(new GetObjectCommand(this.#object(digest)))
      .catch(notFound(digest));
    if (body !== undefined) yield* body as AsyncIterable<Uint8Array>;
  }

  async stat(digest: string): Promise<BlobStat | undefined> {
    try {
      const head = await this.#client.send(new HeadObjectCommand(this.#object(digest)));
      return { sizeBytes: head.ContentLength ?? 0, modifiedAtMs: head.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async touch(digest: string): Promise<void> {
    const object = this.#object(digest);
    const CopySource = `${object.Bucket}/${encodeURIComponent(object.Key)}`;
    // A copy onto itself is refused unless it changes something.
    const command = new CopyObjectCommand({ ...object, CopySource, MetadataDirective: 'REPLACE' });
    await this.#client.send(command).catch(notFound(digest));
  }

  async remove(digest: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(digest)));
  }

  async writeNote(key: string, text: string): Promise<void> {
    await this.#client.send(new PutObjectCommand({ ...this.#object(key, 'notes'), Body: text }));
  }

  async readNote(key: string): Promise<string | undefined> {
    try {
      const { Body: body } = await this.#client.send(new GetObjectCommand(this.#object(key, 'notes')));
      return await body?.transformToString();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async *list(): AsyncGenerator<StoredBlob> {
    const { bucket, prefix } = this.#location;
    const folder = `${prefix}blobs/`;
    let next: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, ContinuationToken: next }),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const digest = `sha256:${Key.slice(folder.length)}`;
        yield { digest, sizeBytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0 };
      }
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  #object(
    digest: string,
    kind: 'blobs' | 'notes' = 'blobs',
  ): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.#location;
    return { Bucket: bucket, Key: `${prefix}${kind}/${digestHex(digest)}` };
  }
}

function notFound(digest: string): (error: unknown) => never {
  return (error) => {
    throw isMissing(error) ? artifactNotFound(digest) : error;
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}
