import { z } from 'zod';

/** The body of an error, as OpenAI writes it. */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    /** What kind of error it is, e.g. `invalid_request_error`. */
    readonly type: string;
    /** The parameter that is wrong, where one is. */
    readonly param: string | null;
    /** A stable word for programs. */
    readonly code: string | null;
  };
}

const errorBody = z.object({ error: z.object({ message: z.string() }) });
/** vLLM's older form. */
const flatBody = z.object({ message: z.string() });
/** FastAPI's own, as transformers' server has it. */
const detailBody = z.object({ detail: z.string() });

const MAX_SAID = 300;

/** What an error's body says, for people: its message, or else its beginning; one line. */
export function messageOf(text: string): string {
  const value = parseJson(text);
  const nested = errorBody.safeParse(value);
  const flat = flatBody.safeParse(value);
  const detail = detailBody.safeParse(value);
  const said = nested.data?.error.message ?? flat.data?.message ?? detail.data?.detail ?? text;
  return said.slice(0, MAX_SAID).replaceAll(/\s+/g, ' ').trim();
}

/** Undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
