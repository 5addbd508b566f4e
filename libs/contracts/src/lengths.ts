/** Longest text of a prompt, question, step or program, in characters. */
export const MAX_TEXT = 1_000_000;
/** Longest id that a caller gives to what it sends, or to itself, in characters. */
export const MAX_ID = 256;
/** Steps of one path. */
export const MAX_STEPS = 256;
/** Messages of one conversation. */
export const MAX_MESSAGES = 4096;
/** Most probable tokens that are reported at one position, as vLLM has them by default; OpenAI's own are 5 and 20. */
export const MAX_TOP_LOG_PROBS = 20;
/** How many texts may end a completion, and how long each may be, in characters. */
export const stopStringBounds = { count: 16, characters: 256 } as const;
