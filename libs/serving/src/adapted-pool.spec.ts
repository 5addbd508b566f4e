import { SipfError } from '@sipf/errors';
import { beforeEach, expect, it } from 'vitest';
import { createAdaptedPool } from './adapted-pool.ts';
import type { FoundModel } from './model-finder.ts';
import type { ModelPool } from './model-pool.ts';

const { signal } = new AbortController();
let history: string[];
let pool: ModelPool<FoundModel, string>;

/** `base` or `base+adapter`. */
function found(key: string): FoundModel {
  const [digest = '', adapterDigest = ''] = key.split('+');
  const adapter = adapterDigest === '' ? {} : { adapterFolder: adapterDigest };
  return { key, ref: { digest, adapterDigest }, folder: digest, ...adapter };
}

beforeEach(() => {
  history = [];
  const noted = (what: string, name: string): Promise<void> => {
    history.push(`${what} ${name}`);
    return Promise.resolve();
  };
  pool = createAdaptedPool<string, string>({
    maxModels: 1,
    maxAdapters: 2,
    load: async ({ folder }) => (await noted('load', folder), folder),
    unload: (host) => noted('unload', host),
    serve: async (_host, { key }) => {
      if (key.endsWith('bad')) throw new SipfError('failed-precondition', 'no', { reason: 'NOT_A_VERIFIER' });
      await noted('serve', key);
      return key;
    },
    close: (model) => noted('close', model),
  });
});

async function use(key: string): Promise<string> {
  await using lease = await pool.acquire(found(key), signal);
  return lease.model;
}

it('loads a base once for itself and all of its adapters', async () => {
  expect([await use('m'), await use('m+a'), await use('m+b')]).toEqual(['m', 'm+a', 'm+b']);
  expect(history).toEqual(['load m', 'serve m', 'serve m+a', 'serve m+b']);
  expect(pool.models).toEqual(['m', 'm+a', 'm+b']);
});

it('closes the adapter that was used longest ago, and none that is in use', async () => {
  await using used = await pool.acquire(found('m+a'), signal);
  for (const key of ['m+b', 'm+c', 'm+b']) await use(key);
  expect(pool.models).toContain(used.model);
  expect(history.filter((line) => line.startsWith('close'))).toEqual(['close m+b', 'close m+c']);
});

it('ends what it serves before the base makes room for another', async () => {
  await use('m+a');
  await use('n');
  expect(history).toEqual(['load m', 'serve m+a', 'close m+a', 'unload m', 'load n', 'serve n']);
});

it('frees what a run does not name, and preloads an adapter with its base', async () => {
  for (const key of ['m', 'm+a']) await use(key);
  await pool.free(new Set(['m+b']));
  await pool.preload(found('m+b'));
  expect(pool.models).toEqual(['m+b']);
  expect(history.filter((line) => line.startsWith('load') || line.startsWith('unload'))).toEqual(['load m']);
});

it('keeps nothing in use of an adapter that cannot be served', async () => {
  await expect(use('m+bad')).rejects.toMatchObject({ reason: 'NOT_A_VERIFIER' });
  expect(await use('n')).toBe('n');
});

it('closes everything', async () => {
  for (const key of ['m', 'm+a']) await use(key);
  await pool.close();
  expect(history.slice(3)).toEqual(['close m', 'close m+a', 'unload m']);
});
