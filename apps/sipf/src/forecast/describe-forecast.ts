import { size, sumOf, type Cluster, type Facts, type Forecast, type PlacedService } from '@sipf/runs';
import { textTable } from '../runs/text-table.ts';
import { explainForecast } from './explain-forecast.ts';
import { number, short } from './forecast-numbers.ts';

/** A plan as people read it. */
export interface Described {
  readonly facts: Facts;
  readonly cluster: Cluster;
  readonly plan: Forecast;
  /** Whether every number is to say how it is computed. */
  readonly explain: boolean;
}

/** In lines. */
export function describeForecast({ facts, cluster, plan, explain }: Described): string[] {
  const { texts } = facts;
  return [
    `plan for ${clusterWords(cluster)}`,
    `lengths in tokens: a question ${round(texts.prompt.mean)} (longest ${texts.prompt.longest}), ` +
      `${shownWords(facts)}a path ` +
      `${round(texts.solution.mean)} (longest solution ${texts.solution.longest}) in ${round(texts.steps)} steps: ${texts.how}`,
    '',
    ...stageTable(plan),
    `in all ${hoursText(plan.hours)} from the first stage to the last, ${number(plan.gpuHours)} ` +
      `GPU-hours of work, ${number(plan.reservedGpuHours)} GPU-hours while the cluster is held`,
    ...sourcesOf(plan),
    'paths, pairs and tokens are upper bounds: equal paths are dropped, and not every question makes pairs',
    '',
    ...serviceTable(plan),
    `disk: ${size(sumOf(plan.disk))}: ${plan.disk.map(({ what, bytes }) => `${what} ${size(bytes)}`).join(', ')}`,
    ...hostWords(plan),
    ...plan.notes.map((note) => `note: ${note}`),
    ...plan.refusals.map(({ field, description }) => `refused: ${field}: ${description}`),
    ...(explain ? explainForecast(plan) : []),
  ];
}

function hostWords({ host }: Forecast): string[] {
  if (host === undefined) return [];
  const parts = host.parts.map(({ what, bytes }) => `${what} ${size(bytes)}`).join(', ');
  return [`main memory of the trainer's machine, for ${host.stage}: ${size(sumOf(host.parts))}: ${parts}`];
}

function shownWords({ texts: { shown } }: Facts): string {
  if (shown === undefined) return '';
  return `with worked examples ${round(shown.mean)} (longest ${shown.longest}), `;
}

function clusterWords({ gpus, gpu, gpuMemory, cores, memory }: Cluster): string {
  const devices = gpus === 0 ? 'no GPU' : `${gpus} x ${gpu} of ${size(gpuMemory)}`;
  const processors = cores === undefined ? 'cores not described' : `${cores} cores`;
  return `${devices}, ${processors}, main memory ${memory === undefined ? 'not described' : size(memory)}`;
}

function stageTable({ stages }: Forecast): string[] {
  const header = [
    'stage',
    'by',
    'rows',
    'tokens read',
    'written',
    'trained',
    'tokens/s',
    'speed',
    'hours',
    'GPU-hours',
  ];
  const rows = stages.map(
    ({ id, part = '', rows: count, read, written, trained, hours, gpuHours, rates }) => [
      id,
      part,
      ...[count, read, written, trained].map(short),
      rates.map(({ perSecond }) => short(perSecond)).join(' / '),
      [...new Set(rates.map(({ source }) => source))].join(' / '),
      number(hours),
      number(gpuHours),
    ],
  );
  return textTable(header, rows).split('\n');
}

function serviceTable({ services }: Forecast): string[] {
  const rows = services.map((service) => [
    service.part,
    service.kind,
    placeWords(service) + (service.stage === undefined ? '' : `; ${service.stage} needs most`),
    size(sumOf(service.memory)) + (service.room === Infinity ? '' : ` of ${size(service.room)}`),
    service.memory.map(({ what, bytes }) => `${what} ${size(bytes)}`).join(', '),
  ]);
  return textTable(['service', 'engine', 'where', 'memory, at least', 'of which'], rows).split('\n');
}

function placeWords({ kind, gpus, replicas, isAlone, part }: PlacedService): string {
  if (kind === 'engine') return 'processors';
  const what = part === 'trainer' ? 'process' : 'server';
  const many = part === 'trainer' ? 'processes' : 'servers';
  const counted = `${replicas} ${replicas === 1 ? what : many}`;
  return isAlone ? `${counted}, a GPU each` : `${counted} on ${gpus} shared`;
}

/** Where the throughput of each kind comes from. */
function sourcesOf({ stages }: Forecast): string[] {
  const words = {
    measured: 'measured: just now, by the engine that answers',
    bench: 'bench: measured before, on a machine of ours (test/bench)',
    assumed: "assumed: from the makers' data sheets, of which a share is reached",
  };
  const used = new Set(stages.flatMap(({ rates }) => rates.map(({ source }) => source)));
  const said = Object.entries(words).flatMap(([source, text]) => (used.has(source as 'bench') ? [text] : []));
  return said.length === 0 ? [] : [`speed: ${said.join('; ')}; --explain says of each number how`];
}

function hoursText(hours: number): string {
  return Number.isFinite(hours) ? `${number(hours)} hours` : 'an unknown time';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
