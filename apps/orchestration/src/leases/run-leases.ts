import {
  acquireAt,
  acquireLease,
  Heartbeats,
  holderAt,
  holderOf,
  joinLeases,
  recordPlace,
  runLayout,
  type Lease,
  type LeaseRecords,
} from '@sipf/runs';

/** Who drives which run. */
export interface RunLeases {
  /** @param above the highest epoch of the run's log @throws SipfError RUN_IN_USE, at once */
  acquire(runId: string, above: number): Promise<Lease>;
  /** Whether somebody holds it, as far as it is known here; who is silent for long does not. */
  isHeld(runId: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Leases on a server, beside those in the runs' folders. */
export interface ServerLeases {
  of(runId: string): LeaseRecords;
  close(): Promise<void>;
}

/**
 * The leases of a folder of runs. Those of a server, where there is one, are taken first: the ones in the folders are then what
 * a command line beside it sees, and what a file is written under.
 */
export function openRunLeases(
  runs: string,
  { server }: { readonly server?: ServerLeases | undefined } = {},
): RunLeases {
  const options = { heartbeats: new Heartbeats() };
  const folderOf = (runId: string): string => runLayout(runs, runId).lease;
  const placeOf = (runId: string) => server && recordPlace(server.of(runId), `run ${runId}`);
  return {
    acquire: async (runId, above) => {
      const place = placeOf(runId);
      if (place === undefined) return await acquireLease(folderOf(runId), { above, ...options });
      const first = await acquireAt(place, { above, ...options });
      try {
        return joinLeases(first, await acquireLease(folderOf(runId), { above: first.epoch, ...options }));
      } catch (error) {
        await first.release();
        throw error;
      }
    },
    isHeld: async (runId) => {
      const place = placeOf(runId);
      // Both are looked at, so that both are known when one of them is silent. Where the server is away, or the folder may not
      // be looked into, nobody knows better than that somebody may drive the run.
      const inFolder = await holderOf(folderOf(runId), options).catch(() => 'unknown');
      const atServer = place && (await holderAt(place, options).catch(() => 'unknown'));
      return inFolder !== undefined || atServer !== undefined;
    },
    close: async () => {
      await server?.close();
    },
  };
}
