import { parseRunConfig } from '@sipf/contracts';
import { cluster, forecast, vllmStarts, type VllmStart } from '@sipf/runs';
import { gatherFacts, Openings, servedDigests } from '@sipf/runs/preflight';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../run/step.ts';
import { EVERY_SERVER, SMALL } from './vllm-server.ts';

/** How a dry run says that the servers of a run must be started, on a machine with a GPU for each. */
export async function plannedServers(config: object): Promise<readonly VllmStart[]> {
  const parsed = parseRunConfig(config);
  const { facts } = await gatherFacts(parsed, new Openings());
  if (facts === undefined) throw new TypeError('a model of the run is not here');
  const machines = cluster.parse({ gpus: 8 });
  const { services } = forecast(facts, machines);
  return vllmStarts({
    ...{ config: parsed, services, cluster: machines, digests: await servedDigests(parsed) },
  });
}

/** A vLLM that `deploy/vllm/restart-vllm.sh` starts with whatever model is asked for; all parts of a run may share it. */
export interface HookedServer {
  readonly url: string;
  /** Where {@link HookedServer.write} puts a program for `hook`. */
  hook(name: string): string;
  /** Writes the programs of a run's hooks, each with what the run's plan says of its servers. */
  write(config: object): Promise<void>;
  /** The digests that it was started with, in order. */
  starts(): readonly string[];
  /** Ends it at once, as a lost machine would; nothing where it does not run. */
  kill(): void;
}

/** @param folder a new one, for its log and state */
export function hookedServer(folder: string, port: number): HookedServer {
  mkdirSync(folder);
  const state = join(folder, 'state');
  const noted = join(folder, 'starts');
  return {
    url: `http://127.0.0.1:${port}/v1`,
    hook: (name) => join(folder, name),
    write: async (config) => {
      for (const { hook = '', flags, environment } of await plannedServers(config)) {
        const settings = {
          ...{ ...SMALL, ...environment, VLLM_PORT: String(port), VLLM_STATE: state, VLLM_KEEP: '5' },
          VLLM_CACHE_ROOT: join(folder, 'cache'),
        };
        const lines = [
          '#!/bin/sh',
          `echo "$2" >> '${noted}'`,
          ...Object.entries(settings).map(([key, value]) => `export ${key}='${value}'`),
          `exec ${root}/deploy/vllm/restart-vllm.sh "$1" "$2" ${[...flags, ...EVERY_SERVER].join(' ')}`,
        ];
        writeFileSync(hook, `${lines.join('\n')}\n`);
        chmodSync(hook, 0o755);
      }
    },
    starts: () => (existsSync(noted) ? readFileSync(noted, 'utf8').trimEnd().split('\n') : []),
    kill: () => {
      const file = join(state, 'server');
      if (!existsSync(file)) return;
      try {
        process.kill(-Number(readFileSync(file, 'utf8').split(' ')[0]), 'SIGKILL');
      } catch {
        // It has ended.
      }
    },
  };
}
