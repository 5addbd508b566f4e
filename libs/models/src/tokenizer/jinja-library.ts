import * as library from '@huggingface/jinja';
import { withDeadline } from '../limits/with-deadline.ts';
import { BoundedInterpreter, type TemplateNode } from './bounded-interpreter.ts';
import { strftime } from './strftime.ts';

/** What is used of @huggingface/jinja, whose own declarations do not resolve in ES modules. */
interface Library {
  readonly Template: new (source: string) => { readonly parsed: TemplateNode };
  readonly Environment: new () => { set(name: string, value: unknown): unknown };
}

/** Longest list that a template may count through. */
const MAX_RANGE = 100_000;
/** Where few nodes take long, or a template cannot be taken apart. */
const LIMIT_MS = 2_000;

const { Template, Environment } = library as unknown as Library;

/**
 * Parses a template. The result renders it with variables.
 * @param day what `strftime_now` tells, in UTC
 * @throws Error for what is no Jinja, and when it is rendered whatever the template raises, or that it has no end
 */
export function compileTemplate(
  source: string,
): (variables: Readonly<Record<string, unknown>>, day: Date) => string {
  const { parsed } = withDeadline(LIMIT_MS, () => new Template(source));
  return (variables, day) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals(day), ...variables }))
      environment.set(name, value);
    return withDeadline(LIMIT_MS, () => String(new BoundedInterpreter(environment).run(parsed).value));
  };
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
