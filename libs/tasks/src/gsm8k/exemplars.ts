import { SipfError } from '@sipf/errors';
import type { Exemplar, FewShotStyle } from '../task.ts';

/**
 * Reads worked examples, e.g. Wei et al.'s eight for GSM8K: a JSON object with `exemplars` (each `question` and
 * `target`), `doc_to_text` (how a question is written, with `{question}` in it) and `stop`.
 * @throws SipfError `invalid-argument`, reason `EXEMPLARS_INVALID`, naming the file and the field
 */
export function parseExemplars(text: string, sourceName: string): FewShotStyle {
  const invalid = (field: string, description: string) =>
    new SipfError('invalid-argument', `${sourceName}: ${field} ${description}`, {
      reason: 'EXEMPLARS_INVALID',
      violations: [{ field: `${sourceName}/${field}`, description }],
    });
  const file = parseObject(text);
  if (file === undefined) throw invalid('file', 'must be a JSON object');
  const { exemplars, doc_to_text: questionFormat, stop } = file;
  if (!Array.isArray(exemplars) || exemplars.length === 0) {
    throw invalid('exemplars', 'must be a list with at least one exemplar');
  }
  const bad = exemplars.findIndex((exemplar) => !isExemplar(exemplar));
  if (bad !== -1) throw invalid(`exemplars[${bad}]`, 'must have a question and a target that are not empty');
  if (typeof questionFormat !== 'string' || !questionFormat.includes('{question}')) {
    throw invalid('doc_to_text', 'must be a text with {question} in it');
  }
  if (!Array.isArray(stop) || !stop.every(isText)) throw invalid('stop', 'must be a list of texts');
  const kept = (exemplars as Exemplar[]).map(({ question, target }) => ({ question, target }));
  return { kind: 'few-shot', exemplars: kept, questionFormat, stopStrings: stop };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isExemplar(value: unknown): value is Exemplar {
  return (
    typeof value === 'object' &&
    value !== null &&
    'question' in value &&
    isText(value.question) &&
    'target' in value &&
    isText(value.target)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
