import {
  acquireAt,
  acquireLease,
  Heartbeats,
  holderAt,
  openAppendOnlyFile,
  recordPlace,
  runLayout,
  type Lease,
} from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRunLeases, type ServerLeases } from '../run-leases.ts';

/** Silent only where a machine stands still for longer than any. */
const RACE = { times: { beatMs: 20, silentMs: 60_000 } };
const QUICK = { times: { beatMs: 20, silentMs: 300 } };
/** A holder that is as if it were stopped: it never renews. */
const SILENT = { times: { beatMs: 60_000, silentMs: 300 } };

/** The same lease as one orchestrator and another one see it. */
export function placesOf(both: readonly ServerLeases[], runId: string): [Place, Place] {
  return both.map((leases) => recordPlace(leases.of(runId), `run ${runId}`)) as [Place, Place];
}
type Place = ReturnType<typeof recordPlace>;

/** What leases on every kind of server must do. @param open a connection of one orchestrator */
export function describeServerLeases(open: () => Promise<ServerLeases>, races: number): void {
  describe('leases of two orchestrators', () => {
    const folder = temporaryFolder();
    let both: [ServerLeases, ServerLeases];

    beforeAll(async () => {
      both = [await open(), await open()];
    });

    afterAll(async () => {
      for (const leases of both) await leases.close();
      folder[Symbol.dispose]();
    });

    it('have one holder where two race for them, time after time', async () => {
      let epoch = 0;
      for (let race = 0; race < races; race++) {
        const tried = await Promise.allSettled(
          placesOf(both, 'raced').map((place) => acquireAt(place, RACE)),
        );
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
      const [own, other] = placesOf(both, 'silent-');
      const sleeper = await acquireAt(own, SILENT);
      await sleeper.check();
      const path = join(folder.path, 'log.jsonl');
      const rules = { remedy: '', read: (value: unknown) => ({ value }) };
      const theirs = await openAppendOnlyFile(path, rules, sleeper);
      await theirs.append({ from: 'sleeper' });
      const heartbeats = new Heartbeats();
      await expect(acquireAt(other, { ...QUICK, heartbeats })).rejects.toMatchObject({
        reason: 'RUN_IN_USE',
      });
      await sleep(QUICK.times.silentMs + 50);
      const heir = await acquireAt(other, { ...QUICK, heartbeats });
      expect(heir).toMatchObject({ isContested: true });
      const ours = await openAppendOnlyFile(path, rules, heir);
      await ours.append({ from: 'heir' });
      expect(sleeper.checkNow()).toBe(false);
      await expect(theirs.append({ from: 'sleeper' })).rejects.toMatchObject({ reason: 'LEASE_LOST' });
      expect(() => sleeper.checkNow()).toThrow('run silent- was taken over by another process');
      expect(readFileSync(path, 'utf8')).toBe('{"from":"sleeper"}\n{"from":"heir"}\n');
      await Promise.all([theirs.close(), ours.close(), sleeper.release()]);
      await heir.check();
      expect(await holderAt(own)).toMatchObject({ pid: process.pid });
      await heir.release();
      expect(await holderAt(own)).toBeUndefined();
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
}

/**
 * Loses a lease on its server while somebody holds it: nobody else may have it, until its holder has renewed it.
 * @param lose with all that was in it
 */
export async function loseHeldLease(both: readonly ServerLeases[], lose: () => Promise<void>): Promise<void> {
  const [own, other] = placesOf(both, 'lost');
  const lease = await acquireAt(own, SILENT);
  await lose();
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
}

function unlessAway(error: unknown): void {
  if ((error as { reason?: string }).reason !== 'LEASES_UNAVAILABLE') throw error;
}
