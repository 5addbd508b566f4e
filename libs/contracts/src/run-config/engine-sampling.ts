import type { FieldViolation } from '@sipf/errors';
import { isWithin, rangeOf } from '../bounds.ts';
import { ENGINE_TAKES } from '../engines.ts';
import type { RunConfig } from './run-config.ts';

/** What changes which tokens are drawn and is no field of OpenAI's, with the values that change nothing. */
const neutral = { topK: 0, minP: 0, repetitionPenalty: 1 } as const;

/** How a run has tokens drawn that the engine which writes them does not draw so. */
export function samplingViolations({
  engines,
  sampling,
  simulation,
  evaluation,
}: RunConfig): FieldViolation[] {
  if (engines === undefined) return [];
  const drawn = [
    { part: 'policy', at: 'sampling', settings: sampling },
    { part: 'policy', at: 'evaluation.samples', settings: evaluation.samples },
    { part: 'simulator', at: 'simulation', settings: simulation },
  ] as const;
  return drawn.flatMap(({ part, at, settings }) => {
    const { kind } = engines[part];
    if (kind === 'engine' || settings === undefined) return [];
    const remedy = `or let engines.${part}.kind be engine`;
    const found: FieldViolation[] = [];
    const { temperature } = settings;
    const range = ENGINE_TAKES[kind].temperature;
    if (temperature !== undefined && !isWithin(temperature, range))
      found.push({
        field: `${at}.temperature`,
        description: `${kind} takes ${rangeOf(range)}: set one of these, ${remedy}`,
      });
    if (kind === 'openai')
      for (const [name, usual] of Object.entries(neutral)) {
        const value = (settings as Readonly<Record<string, unknown>>)[name] ?? usual;
        const takers = `or let engines.${part}.kind be vllm or engine`;
        if (value !== usual)
          found.push({
            field: `${at}.${name}`,
            description: `openai has no such field: leave it out, ${takers}`,
          });
      }
    return found;
  });
}
