import type { Operations } from '../session/operations.ts';
import type { ModelFacts, ModelSource } from '../weights/model-source.ts';

/** What every worker does that holds a model: the part of their protocols that scorers and generators share. */
export interface Hosting<Layout> {
  /** Comes first, and once. */
  load: [request: LoadRequest<Layout>, answer: ModelFacts];
  /** Answers the facts of base and adapter together. */
  attach: [request: AttachRequest, answer: ModelFacts];
  detach: [request: Pick<AttachRequest, 'name'>, answer: undefined];
}

/** A model for a worker, and how it is to be laid out there. */
export interface LoadRequest<Layout> {
  readonly source: ModelSource;
  readonly layout: Layout;
}

/** An adapter for a worker's model. */
export interface AttachRequest {
  /** What later requests call it. */
  readonly name: string;
  /** A PEFT folder. */
  readonly folder: string;
}

/** A protocol of workers that hold a model. */
export type Hosted<Layout, Protocol> = Hosting<Layout> & Operations<Protocol>;
