/** The return value of a streamed answer's generator. */
type Nothing = ReturnType<() => void>;

/** The generator that a middleware drives: yields the messages of a streamed answer, or returns the one of a unary call. */
export type MessageGenerator<Response> = AsyncGenerator<Response, Response | Nothing, undefined>;
