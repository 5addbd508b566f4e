import { generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { FinishReason, GeneratedSample, SamplePiece } from '@sipf/inference';
import { splitSteps } from '@sipf/tasks';

/** What a sample's answer depends on besides the sample. */
export interface PathContext {
  readonly promptId: string;
  readonly promptTokenCount: number;
  readonly request: Pick<generation.GenerateRequest, 'returnTokenIds' | 'returnLogProbs'>;
}

const { END_OF_SEQUENCE, STOP_STRING, LENGTH } = generation.FinishReason;
const FINISH_REASONS: Readonly<Record<FinishReason, generation.FinishReason>> = {
  'end-token': END_OF_SEQUENCE,
  'stop-string': STOP_STRING,
  length: LENGTH,
};

/**
 * A sample as it crosses the wire, without the model's name and the timing.
 * @throws SipfError unimplemented BACKEND_ANSWER_INVALID where the generator does not return token ids
 */
export function toPath(
  sample: GeneratedSample,
  { promptId, promptTokenCount, request }: PathContext,
): generation.GenerateResponse {
  return generation.GenerateResponse.fromPartial({
    promptId,
    sampleIndex: sample.sampleIndex,
    text: sample.text,
    steps: splitSteps(sample.text).map(({ text }) => text.replace(/\n+$/, '')),
    tokenIds: request.returnTokenIds ? [...tokensOf(sample)] : [],
    logProbs: request.returnLogProbs ? [...sample.logProbs] : [],
    meanLogProb: sample.meanLogProb,
    finishReason: FINISH_REASONS[sample.finishReason],
    tokenCount: sample.tokenCount,
    promptTokenCount,
  });
}

/** What an unfinished sample has written since its last piece, as it crosses the wire. */
export function toPiece(
  { sampleIndex, text }: SamplePiece,
  { promptId, promptTokenCount }: PathContext,
): generation.GenerateResponse {
  const names = { promptId, sampleIndex, promptTokenCount };
  return generation.GenerateResponse.fromPartial({ ...names, text, isPiece: true });
}

/** The samples of a prompt that fills the model's longest sequence: empty. */
export function emptyPaths(
  { id: promptId, firstSampleIndex }: generation.Prompt,
  n: number,
): generation.GenerateResponse[] {
  const ended = { promptId, finishReason: LENGTH };
  return Array.from({ length: n }, (_, index) =>
    generation.GenerateResponse.fromPartial({ ...ended, sampleIndex: firstSampleIndex + index }),
  );
}

/** @throws SipfError unimplemented BACKEND_ANSWER_INVALID where the generator does not return token ids */
export function tokensOf({ tokenIds }: GeneratedSample): readonly number[] {
  if (tokenIds !== undefined) return tokenIds;
  throw new SipfError('unimplemented', 'this service’s backend returns no token ids (choices[0].token_ids)', {
    reason: 'BACKEND_ANSWER_INVALID',
  });
}
