import { FinishReason, type GenerateResponse } from './generated/sipf/generation/v1/generation.ts';

/** Whether an answer is empty because its prompt fills the model's longest sequence: the model was never asked. */
export function leftNoRoom({ finishReason, tokenCount, text }: GenerateResponse): boolean {
  return finishReason === FinishReason.LENGTH && tokenCount === 0 && text === '';
}
