import * as library from '@huggingface/jinja';

/** What is used of @huggingface/jinja, whose own declarations do not resolve in ES modules. */
interface Library {
  readonly Template: new (source: string) => { readonly parsed: object };
  readonly Environment: new () => { set(name: string, value: unknown): unknown };
  readonly Interpreter: new (environment: object) => { run(program: object): { readonly value: string } };
}

/** Longest list that a template may count through. */
const MAX_RANGE = 100_000;

/** Parses a template. @throws Error for what is no Jinja, and when it is rendered whatever the template raises */
export function compileTemplate(
  source: string,
): (variables: Readonly<Record<string, unknown>>, now: Date | undefined) => string {
  const { Template, Environment, Interpreter } = library as unknown as Library;
  const { parsed } = new Template(source);
  return (variables, now) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals(now), ...variables }))
      environment.set(name, value);
    return new Interpreter(environment).run(parsed).value;
  };
}

/** What transformers gives to templates; the clock only where one was given. */
function globals(now: Date | undefined): Record<string, unknown> {
  return {
    ...{ true: true, false: false, none: null, True: true, False: false, None: null },
    range,
    raise_exception: (message: unknown) => {
      throw new Error(String(message));
    },
    ...(now === undefined ? {} : { strftime_now: (format: string) => formatDate(now, format) }),
  };
}

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** The directives of strftime that templates use, in UTC and English. */
function formatDate(now: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const month = MONTHS[now.getUTCMonth()] ?? '';
  const parts: Readonly<Record<string, string>> = {
    Y: String(now.getUTCFullYear()),
    m: two(now.getUTCMonth() + 1),
    d: two(now.getUTCDate()),
    B: month,
    b: month.slice(0, 3),
    H: two(now.getUTCHours()),
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    '%': '%',
  };
  return format.replace(/%(.)/g, (text, directive: string) => parts[directive] ?? text);
}
