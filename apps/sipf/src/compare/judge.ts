import type { JudgeMessage } from '@sipf/evaluation';

/** What a judge said, and what it cost. */
export interface JudgeAnswer {
  readonly text: string;
  readonly tokens?: number | undefined;
}

/** A model that answers conversations. */
export interface Judge {
  /** For people, without secrets. */
  readonly name: string;
  /** Conversations that may be under way at once. */
  readonly concurrency: number;
  /** @throws SipfError `unavailable` JUDGE_UNAVAILABLE once it has been tried often enough; AbortError */
  ask(messages: readonly JudgeMessage[], bounds: { readonly signal: AbortSignal }): Promise<JudgeAnswer>;
}
