const MEGABYTE = 1_000_000;

/**
 * How a run shares out one request among the texts in it, in bytes of UTF-8. A question, what judges it and a path of it fit into
 * one together; so does each into the fields that hold it, whose bounds count characters. The whole is under the 4 MiB that
 * services take by default, with room for a request's other fields.
 */
export const REQUEST_ROOM = {
  /** What a model is asked: the question as the task puts it, worked examples included. */
  prompt: MEGABYTE,
  /** The gold answer or the tests, with what stands before the program. */
  answer: MEGABYTE,
  path: MEGABYTE,
  whole: 3.6 * MEGABYTE,
} as const;

/** Characters of a problem's id: a path's id holds it behind its iteration and its sample, and both are ids of requests. */
export const MAX_PROBLEM_ID = 240;
