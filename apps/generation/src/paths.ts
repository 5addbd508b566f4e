import { generation } from '@sipf/contracts';
import type { GeneratedSample } from '@sipf/inference';
import { splitSteps } from '@sipf/tasks';

/** What a sample's answer depends on beside the sample. */
export interface PathContext {
  readonly promptId: string;
  /** The model's own end tokens. */
  readonly stopTokenIds: readonly number[];
  readonly request: Pick<generation.GenerateRequest, 'returnTokenIds' | 'returnLogProbs'>;
}

/** A sample as it crosses the wire, without the model's name and the timing. */
export function toPath(
  sample: GeneratedSample,
  { promptId, stopTokenIds, request }: PathContext,
): generation.GenerateResponse {
  return generation.GenerateResponse.fromPartial({
    promptId,
    sampleIndex: sample.sampleIndex,
    text: sample.text,
    steps: splitSteps(sample.text).map(({ text }) => text.replace(/\n+$/, '')),
    tokenIds: request.returnTokenIds ? [...sample.tokenIds] : [],
    logProbs: request.returnLogProbs ? [...sample.logProbs] : [],
    meanLogProb: sample.meanLogProb,
    finishReason: finishReason(sample, stopTokenIds),
    tokenCount: sample.tokenIds.length,
  });
}

/** What a model says after a prompt that fills it: nothing, because its longest sequence is reached. */
export function emptyPath(promptId: string, sampleIndex: number): generation.GenerateResponse {
  const finish = generation.FinishReason.LENGTH;
  return generation.GenerateResponse.fromPartial({ promptId, sampleIndex, finishReason: finish });
}

function finishReason(sample: GeneratedSample, stopTokenIds: readonly number[]): generation.FinishReason {
  const { FinishReason } = generation;
  if (sample.finishReason === 'length') return FinishReason.LENGTH;
  const last = sample.tokenIds.at(-1);
  return last !== undefined && stopTokenIds.includes(last)
    ? FinishReason.END_OF_SEQUENCE
    : FinishReason.STOP_STRING;
}
