/** What a streamed answer's generator returns. */
type Nothing = ReturnType<() => void>;

/** What a middleware drives: yields the messages of a streamed answer, or returns the one of a unary call. */
export type MessageGenerator<Response> = AsyncGenerator<Response, Response | Nothing, undefined>;
