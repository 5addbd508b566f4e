import { SipfError } from '@sipf/errors';

export function emptyStep(index: number): SipfError {
  const violations = [{ field: `steps[${index}]`, description: 'must not be empty' }];
  return new SipfError('invalid-argument', `step ${index} has no tokens`, {
    reason: 'STEP_EMPTY',
    violations,
  });
}

/** A path whose marks are not as many as its steps: its own text holds one, or the tokenizer joins one to a word. */
export function wrongMarks(mark: string, found: number, wanted: number): SipfError {
  const message = `the verifier's mark ${JSON.stringify(mark)} is there ${found} times in a path of ${wanted} steps`;
  return new SipfError('invalid-argument', message, { reason: 'TEXT_NOT_ENCODABLE' });
}

/** A tokenizer that cannot be one of this format. */
export function foreignTokenizer(token: string): SipfError {
  const message = `the tokenizer has no single token for ${JSON.stringify(token)}, which this format needs`;
  return new SipfError('failed-precondition', message, { reason: 'TOKENIZER_INVALID' });
}
