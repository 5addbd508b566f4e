/** One thing that a worker does: what it is sent, what it answers, and the items it emits before that, where it does. */
type Operation = readonly [request: unknown, answer: unknown, item?: unknown];

/** Operations by name, of a protocol such as `interface Scoring { score: [ScoreBatch, Float32Array[]] }`. */
export type Operations<Protocol> = { readonly [Name in keyof Protocol]: Operation };

/** The names of a protocol's operations. */
export type NameIn<Protocol> = keyof Protocol & string;
