import { cast, concat, linear, slice, squeeze, sub, type Value } from '@sipf/graph';
import type { DecoderConfig, TokenPairHead } from '../config/decoder-config.ts';
import { softcap } from '../families/attention.ts';
import type { ParameterSource } from '../families/parameter-source.ts';
import { lmProjection, onRows } from './lm-head.ts';

/**
 * log p(good) - log p(bad) of the next token, [B, T] of `hidden` [B, T, D]; its sigmoid is the softmax over these two
 * tokens. Only their two rows of the LM head are multiplied.
 */
export function tokenPairLogOdds(
  config: DecoderConfig,
  parameters: ParameterSource,
  { hidden, head }: { readonly hidden: Value; readonly head: TokenPairHead },
): Value {
  const { goodTokenId, badTokenId } = head;
  const { weight, bias, softcap: cap } = lmProjection(config, parameters);
  const pairOf = (tensor: Value): Value =>
    concat(
      [goodTokenId, badTokenId].map((id) => slice(tensor, { axis: 0, start: id, end: id + 1 })),
      0,
    );
  // The head may be kept in half precision.
  const pair = {
    weight: cast(pairOf(weight), 'float32'),
    bias: bias === undefined ? undefined : pairOf(bias),
  };
  const logits = softcap(
    onRows(hidden, (rows) => linear(rows, pair.weight, pair.bias)),
    cap,
  );
  const logit = (at: number): Value => squeeze(slice(logits, { axis: 2, start: at, end: at + 1 }), [2]);
  return sub(logit(0), logit(1));
}
