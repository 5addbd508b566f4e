import * as library from '@huggingface/jinja';
import { withProcessorTime } from '../limits/with-deadline.ts';
import { BoundedInterpreter, type TemplateNode } from './bounded-interpreter.ts';
import { strftime } from './strftime.ts';

/** What is used of @huggingface/jinja, whose own declarations do not resolve in ES modules. */
interface Library {
  readonly Template: new (source: string) => { readonly parsed: TemplateNode };
  readonly Environment: new () => { set(name: string, value: unknown): unknown };
}

/** Longest list that a template may count through. */
const MAX_RANGE = 100_000;
/**
 * Processor time for reading a template, for rendering it, and for a message of a conversation beyond that. Published templates
 * are read in 5 ms, lay out 200 messages in 20 ms the first time, and 10,000 in 90.
 */
const READING_MS = 40;
const RENDERING_MS = 40;
const MESSAGE_MS = 0.1;

const { Template, Environment } = library as unknown as Library;

/**
 * Parses a template. The result renders it with variables.
 * @param day what `strftime_now` returns, in UTC
 * @throws Error for what is not Jinja, and when it is rendered whatever the template raises; overran for what takes too long
 */
export function compileTemplate(
  source: string,
): (variables: Readonly<Record<string, unknown>>, day: Date) => string {
  const { parsed } = withProcessorTime(READING_MS, () => new Template(source));
  return (variables, day) => {
    return withProcessorTime(RENDERING_MS + MESSAGE_MS * lengthOf(variables['messages']), () => {
      const environment = new Environment();
      for (const [name, value] of Object.entries({ ...globals(day), ...variables }))
        environment.set(name, value);
      return String(new BoundedInterpreter(environment).run(parsed).value);
    });
  };
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

/** What transformers gives to templates. */
function globals(day: Date): Record<string, unknown> {
  return {
    ...{ true: true, false: false, none: null, True: true, False: false, None: null },
    range,
    raise_exception: (message: unknown) => {
      throw new Error(String(message));
    },
    strftime_now: (format: string) => strftime(day, format),
  };
}

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}
