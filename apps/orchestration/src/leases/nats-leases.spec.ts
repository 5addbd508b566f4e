import { findNatsServer, startNatsServer, type NatsServer } from '@sipf/events';
import {
  acquireAt,
  acquireLease,
  Heartbeats,
  holderAt,
  recordPlace,
  runLayout,
  type Lease,
} from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNatsLeases } from './nats-leases.ts';
import { openRunLeases, type ServerLeases } from './run-leases.ts';

const toolsFolder = fileURLToPath(new URL('../../../../.tools', import.meta.url));
// A server that runs elsewhere must not be filled.
const found = await findNatsServer({ toolsFolder, env: { PATH: process.env['PATH'] } });
const binary = found?.kind === 'binary' ? found.binary : undefined;

const RACES = 100;
/** Silent only where a machine stands still for longer than any. */
const RACE = { times: { beatMs: 20, silentMs: 60_000 } };
const QUICK = { times: { beatMs: 20, silentMs: 300 } };
/** A holder that is as if it were stopped: it never renews. */
const SILENT = { times: { beatMs: 60_000, silentMs: 300 } };

describe.skipIf(binary === undefined)('leases in a bucket of a real server', () => {
  const folder = temporaryFolder();
  const storeDir = join(folder.path, 'nats');
  let nats: NatsServer;
  /** Two orchestrators' connections. */
  let both: [ServerLeases, ServerLeases];
  const start = (port = 0) => startNatsServer({ binary: binary ?? '', storeDir, port });

  beforeAll(async () => {
    nats = await start();
    both = [await openNatsLeases(nats.url, 1), await openNatsLeases(nats.url, 1)];
  });

  afterAll(async () => {
    for (const leases of both) await leases.close();
    await nats.stop();
    folder[Symbol.dispose]();
  });

  const placesOf = (runId: string) => both.map((leases) => recordPlace(leases.of(runId), `run ${runId}`));

  it('have one holder where two race for them, time after time', async () => {
    let epoch = 0;
    for (let race = 0; race < RACES; race++) {
      const tried = await Promise.allSettled(placesOf('raced').map((place) => acquireAt(place, RACE)));
      const held = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(held).toHaveLength(1);
      const refused = tried.find((one) => one.status === 'rejected');
      expect(refused?.reason).toMatchObject({ reason: 'RUN_IN_USE' });
      const [lease] = held as [Lease];
      expect(lease.epoch).toBeGreaterThan(epoch);
      epoch = lease.epoch;
      await lease.release();
    }
  });

  it('are taken over from a holder that is silent, which finds out before it writes anything', async () => {
    const [own, other] = placesOf('silent') as [
      ReturnType<typeof recordPlace>,
      ReturnType<typeof recordPlace>,
    ];
    const sleeper = await acquireAt(own, SILENT);
    await sleeper.check();
    const heartbeats = new Heartbeats();
    await expect(acquireAt(other, { ...QUICK, heartbeats })).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    await sleep(QUICK.times.silentMs + 50);
    const heir = await acquireAt(other, { ...QUICK, heartbeats });
    expect(heir).toMatchObject({ isContested: true });
    expect(sleeper.checkNow()).toBe(false);
    await expect(sleeper.check()).rejects.toMatchObject({ reason: 'LEASE_LOST' });
    expect(() => sleeper.checkNow()).toThrow('run silent was taken over by another process');
    await sleeper.release();
    await heir.check();
    expect(await holderAt(own)).toMatchObject({ pid: process.pid });
    await heir.release();
    expect(await holderAt(own)).toBeUndefined();
  });

  it('are held by a holder whose server has lost them, and by no other one meanwhile', async () => {
    const [own, other] = placesOf('lost') as [ReturnType<typeof recordPlace>, ReturnType<typeof recordPlace>];
    const lease = await acquireAt(own, SILENT);
    await nats.stop();
    rmSync(storeDir, { recursive: true });
    nats = await start(nats.port);
    const heartbeats = new Heartbeats();
    const late = { ...QUICK, heartbeats, above: lease.epoch };
    await expect(
      (async () => {
        for (;;) await acquireAt(other, late).catch(unlessAway);
      })(),
    ).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    // It is renewed, as nothing is sure any more.
    await sleep(SILENT.times.silentMs / 2);
    await lease.check();
    expect(await holderAt(other, { heartbeats })).toMatchObject({ pid: process.pid });
    await lease.release();
  });

  it('are held beside those of the folder, which a command line sees', async () => {
    const [first, second] = both.map((server) => openRunLeases(folder.path, { server }));
    const lease = await first?.acquire('both', 0);
    await expect(second?.acquire('both', 0)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    const { lease: path } = runLayout(folder.path, 'both');
    await expect(acquireLease(path)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    expect(await second?.isHeld('both')).toBe(true);
    await lease?.release();
    expect(await second?.isHeld('both')).toBe(false);
    const atCommandLine = await acquireLease(path);
    await expect(first?.acquire('both', 0)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    await atCommandLine.release();
    await (await second?.acquire('both', 0))?.release();
  });
});

function unlessAway(error: unknown): void {
  if ((error as { reason?: string }).reason !== 'LEASES_UNAVAILABLE') throw error;
}
