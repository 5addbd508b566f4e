import { size, type Forecast } from '@sipf/runs';
import { number, short } from './forecast-numbers.ts';

/** How every number of a plan is computed, in lines; stages that are computed alike share theirs. */
export function explainForecast({ models, stages, services, disk, host }: Forecast): string[] {
  return [
    '',
    'how the numbers are computed:',
    ...models.map(modelWords),
    ...together(stages),
    ...scoringHours(stages),
    ...services.flatMap(({ part, memory }) =>
      memory.map((one) => `  ${part}: ${one.what} ${size(one.bytes)} = ${one.how}`),
    ),
    ...disk.map((one) => `  disk: ${one.what} ${size(one.bytes)} = ${one.how}`),
    ...(host?.parts ?? []).map((one) => `  main memory: ${one.what} ${size(one.bytes)} = ${one.how}`),
    '  hours = tokens / (tokens/s) of the stage; in all = the longest chain of stages that wait for each other or for their service',
    '  GPU-hours = hours x GPUs of the service that works, which none does while a verifier is merged',
  ];
}

function modelWords({ part, name, parameters, linear, adapter }: Forecast['models'][number]): string {
  const own = `${parameters.toLocaleString('en')} parameters, ${linear.toLocaleString('en')} of them of linear layers`;
  const head = part === 'verifier' ? " (a head of two labels in the LM head's place)" : '';
  const adapted = adapter === 0 ? '' : `; an adapter has ${adapter.toLocaleString('en')} elements`;
  return `  ${part}: ${name} has ${own}${head}${adapted}`;
}

function linesOf({ how, rates, hours, merging }: Forecast['stages'][number]): string[] {
  return [
    ...(how === '' ? [] : [how]),
    ...rates.map((rate) => `${short(rate.perSecond)} tokens/s = ${rate.how}`),
    ...hoursOf(rates, hours - (merging?.hours ?? 0)),
    ...(merging === undefined
      ? []
      : [
          `and ${number(merging.hours)} hours to merge the verifier's adapter first = (${merging.how}) / 3600`,
        ]),
  ];
}

/** Equal lines once, with all their stages, where the first of them stands. */
function together(stages: Forecast['stages']): string[] {
  const ids = new Map<string, string[]>();
  for (const stage of stages)
    for (const line of linesOf(stage)) ids.set(line, [...(ids.get(line) ?? []), stage.id]);
  return [...ids].map(([line, own]) => `  ${namesOf(own, stages)}: ${line}`);
}

/** The stages, or, where these are all of a part's, that. */
function namesOf(ids: readonly string[], stages: Forecast['stages']): string {
  const part = stages.find(({ id }) => id === ids[0])?.part;
  const all = stages.filter((stage) => stage.part === part);
  const isAll = part !== undefined && all.length > 1 && all.every(({ id }) => ids.includes(id));
  return isAll ? `every stage of the ${part}` : [...new Set(ids)].join(', ');
}

/** `143 hours = 18.5M / 36 / 3600`. */
function hoursOf(rates: Forecast['stages'][number]['rates'], hours: number): string[] {
  if (rates.length === 0) return [];
  const terms = rates.map(({ tokens, perSecond }) => `${short(tokens)} / ${perSecond.toPrecision(4)}`);
  return [`${number(hours)} hours = (${terms.join(' + ')}) / 3600`];
}

function scoringHours(stages: Forecast['stages']): string[] {
  const scored = stages.filter(({ part }) => part === 'verifier');
  if (scored.length < 2) return [];
  const hours = scored.reduce((sum, stage) => sum + stage.hours, 0);
  return [`  scoring in all: ${number(hours)} hours = ${scored.map(({ id }) => id).join(' + ')}`];
}
