import type { FieldViolation } from '@sipf/errors';
import type { Cluster } from './cluster.ts';
import { ownRoom, sequencesIn, sumOf } from './memory.ts';
import type { ServiceNeed } from './services.ts';

/** Where a service goes. */
export interface PlacedService extends ServiceNeed {
  /** GPUs that its replicas are on. */
  readonly gpus: number;
  /** Whether it has them to itself. */
  readonly isAlone: boolean;
  /** Bytes that one replica may take; of main memory for a service on processors. */
  readonly room: number;
  /** Sequences that one replica can have under way. */
  readonly sequences: number;
}

export interface Placement {
  readonly services: readonly PlacedService[];
  readonly refusals: readonly FieldViolation[];
}

const OWN_KIND = 'engine';
/** Of a shared GPU: what is left to services, the rest to fragments. */
const USABLE = 0.95;

/**
 * Where services go: each replica on a GPU of its own where there are enough, what is left over to those behind a DNS name; else
 * several on one, each with what it needs at least and an equal part of what is left. Our own engine computes on processors.
 */
export function placeServices(needs: readonly ServiceNeed[], cluster: Cluster): Placement {
  const onGpus = needs.filter(({ kind }) => kind !== OWN_KIND);
  const onCores = needs.filter(({ kind }) => kind === OWN_KIND);
  const cores = placeOnCores(onCores, cluster);
  const gpus = placeOnGpus(onGpus, cluster);
  const placed = [...cores.services, ...gpus.services];
  return {
    services: needs.flatMap(({ part }) => placed.filter((one) => one.part === part)),
    refusals: [...cores.refusals, ...gpus.refusals],
  };
}

/** Memory that nobody describes refuses nothing. */
function placeOnCores(needs: readonly ServiceNeed[], { memory = Infinity }: Cluster): Placement {
  const all = needs.reduce((sum, need) => sum + sumOf(need.memory), 0);
  const services = needs.map((need) => placed(need, { gpus: 0, isAlone: false, room: memory }));
  if (all <= memory) return { services, refusals: [] };
  const [largest] = needs.toSorted((a, b) => sumOf(b.memory) - sumOf(a.memory));
  if (largest === undefined) return { services, refusals: [] };
  const remedy = 'let its kind be an engine on GPUs, or describe more memory';
  return {
    services,
    refusals: [
      tooLarge(
        largest,
        `services on processors need ${size(all)} of main memory, ` +
          `${size(sumOf(largest.memory))} of it this one; there are ${size(memory)}`,
        remedy,
      ),
    ],
  };
}

function placeOnGpus(needs: readonly ServiceNeed[], cluster: Cluster): Placement {
  const wanted = needs.reduce((sum, { replicas }) => sum + replicas, 0);
  if (wanted === 0) return { services: [], refusals: [] };
  if (cluster.gpus === 0) {
    const refusals = needs.map((need) => ({
      field: `engines.${need.part}.kind`,
      description: `${need.kind} needs a GPU and the cluster has none: describe some, or let it be engine`,
    }));
    return { services: needs.map((need) => placed(need, { gpus: 0, isAlone: false, room: 0 })), refusals };
  }
  return wanted <= cluster.gpus ? placeAlone(needs, cluster) : placeTogether(needs, cluster);
}

function placeAlone(needs: readonly ServiceNeed[], cluster: Cluster): Placement {
  const grown = withSpare(needs, cluster.gpus);
  const services = grown.map((need) =>
    placed(need, {
      gpus: need.replicas,
      isAlone: true,
      room: need.part === 'trainer' ? cluster.gpuMemory : ownRoom(cluster),
    }),
  );
  return { services, refusals: services.flatMap((one) => roomRefusal(one)) };
}

/** GPUs that nobody asks for go in turn to the services that can grow, the simulator first, which has most to write. */
function withSpare(needs: readonly ServiceNeed[], gpus: number): ServiceNeed[] {
  const order = ['simulator', 'policy', 'verifier'];
  const elastic = order.flatMap((part) => needs.filter((need) => need.part === part && need.isElastic));
  const spare = gpus - needs.reduce((sum, { replicas }) => sum + replicas, 0);
  return needs.map((need) => {
    const rank = elastic.indexOf(need);
    if (rank < 0) return need;
    return {
      ...need,
      replicas: need.replicas + Math.floor((spare + elastic.length - 1 - rank) / elastic.length),
    };
  });
}

interface Board {
  free: number;
  readonly servers: ServiceNeed[];
}

function placeTogether(needs: readonly ServiceNeed[], cluster: Cluster): Placement {
  const refusals: FieldViolation[] = [];
  const boards: Board[] = Array.from({ length: cluster.gpus }, () => ({
    free: USABLE * cluster.gpuMemory,
    servers: [],
  }));
  const trainer = needs.find(({ part }) => part === 'trainer');
  const processes = Math.min(trainer?.replicas ?? 0, cluster.gpus);
  if (trainer !== undefined && trainer.replicas > cluster.gpus) {
    const fewer = trainer.choices?.findLast((count) => count <= cluster.gpus) ?? cluster.gpus;
    const description = `${trainer.replicas} processes need as many GPUs and the cluster has ${cluster.gpus}: set it to ${fewer}`;
    refusals.push({ field: 'engines.trainer.processes', description });
  }
  for (const board of boards.slice(0, processes))
    board.free -= trainer === undefined ? 0 : sumOf(trainer.memory);
  const servers = needs
    .filter(({ part }) => part !== 'trainer')
    .toSorted((a, b) => sumOf(b.memory) - sumOf(a.memory));
  for (const server of servers) {
    for (let index = 0; index < server.replicas; index++) {
      const board = boards.reduce((best, one) => (one.free > best.free ? one : best));
      board.free -= sumOf(server.memory);
      board.servers.push(server);
    }
  }
  const services = servers.map((server) => {
    const own = boards.filter((board) => board.servers.includes(server));
    const room = Math.min(
      ...own.map(({ free, servers: all }) => sumOf(server.memory) + Math.max(0, free) / all.length),
    );
    return placed(server, { gpus: own.length, isAlone: false, room });
  });
  const lacking = boards.find(({ free }) => free < 0);
  if (lacking !== undefined) refusals.push(crowded(lacking, trainer, cluster));
  const trained =
    trainer === undefined
      ? []
      : [placed(trainer, { gpus: processes, isAlone: false, room: sumOf(trainer.memory) })];
  return { services: [...services, ...trained], refusals };
}

function placed(need: ServiceNeed, where: Pick<PlacedService, 'gpus' | 'isAlone' | 'room'>): PlacedService {
  return { ...need, ...where, sequences: need.load === undefined ? 0 : sequencesIn(where.room, need.load) };
}

function roomRefusal({ room, ...need }: PlacedService): FieldViolation[] {
  const needed = sumOf(need.memory);
  if (needed <= room) return [];
  const parts = need.memory.map(({ what, bytes }) => `${what} ${size(bytes)}`).join(', ');
  return [
    tooLarge(need, `needs ${size(needed)} (${parts}) and a GPU has ${size(room)} for it`, remedyOf(need)),
  ];
}

function crowded(
  { servers, free }: Board,
  trainer: ServiceNeed | undefined,
  { gpuMemory }: Cluster,
): FieldViolation {
  const on = [...(trainer === undefined ? [] : [trainer]), ...servers];
  const [largest] = on.toSorted((a, b) => sumOf(b.memory) - sumOf(a.memory));
  const all = on.map((need) => `${need.part} ${size(sumOf(need.memory))}`).join(', ');
  const what = `shares a GPU of ${size(gpuMemory)} and ${size(-free)} are missing (${all})`;
  return tooLarge(
    largest ?? (on[0] as ServiceNeed),
    what,
    `describe more GPUs, or ${largest === undefined ? '' : remedyOf(largest)}`,
  );
}

function remedyOf({ part }: ServiceNeed): string {
  if (part === 'trainer')
    return 'raise accumulation, set recomputeLayers, take more processes, or engines.trainer.sharding fsdp2';
  return 'take a smaller model, shorter completions (maxNewTokens), or a larger GPU';
}

function tooLarge(
  { part, field }: Pick<ServiceNeed, 'part' | 'field'>,
  what: string,
  remedy: string,
): FieldViolation {
  return { field: field ?? `engines.${part}`, description: `${part} ${what}: ${remedy}` };
}

/** E.g. `1.5 GiB`, `20 MiB`, `2 KiB`. */
export function size(bytes: number): string {
  const GIB = 1024 ** 3;
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KiB`;
  return bytes < GIB / 10 ? `${Math.ceil(bytes / 1024 ** 2)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}
