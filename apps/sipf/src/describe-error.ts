import { SipfError } from '@sipf/errors';
import { RemoteFault } from '@sipf/service';
import { isAbortError } from 'abort-controller-x';

/** What may be done about an error of this reason, where its message does not say so. */
const HINTS: Readonly<Record<string, string>> = {
  ARTIFACT_CORRUPT: '`sipf verify` of its run names all that is damaged, and `sipf resume` computes it again',
  NOT_READY: "see the service's log, or check the address given to --server",
  CONNECTION_LOST: "see the service's log; resume a run that was under way with `sipf resume`",
  MODEL_INVALID: 'a model is a Hugging Face folder: config.json, *.safetensors and tokenizer.json',
  RUN_IN_USE: 'wait for it, or stop it with `sipf cancel`',
  RUN_NOT_FOUND: '`sipf status` lists the runs; --runs names their folder',
};

/**
 * An error for the person at the terminal: what, where (a line each when there are several), and how to mend it.
 * @param debug with stacks and causes
 */
export function describeError(error: unknown, { debug }: { readonly debug: boolean }): string {
  const lines = [`sipf: ${messageOf(error)}`, ...placesOf(error), ...hintOf(error)];
  return [...lines, ...(debug ? stacksOf(error) : [])].join('\n');
}

function messageOf(error: unknown): string {
  if (error instanceof SipfError) return error.message;
  if (isAbortError(error)) return 'cancelled';
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RemoteFault) return `a service failed: ${message}; its log has the detail`;
  return `unexpected error: ${message} (--debug shows where)`;
}

/** Violations that the message does not name already. */
function placesOf(error: unknown): string[] {
  if (!(error instanceof SipfError)) return [];
  return error.violations
    .filter(
      ({ field, description }) => !error.message.includes(description) || !error.message.includes(field),
    )
    .map(({ field, description }) => `  ${field}: ${description}`);
}

function hintOf(error: unknown): string[] {
  const hint = error instanceof SipfError ? HINTS[error.reason] : undefined;
  return hint === undefined ? [] : [`  ${hint}`];
}

function stacksOf(error: unknown): string[] {
  const stacks: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    stacks.push(cause.stack ?? cause.message);
  return stacks.map((stack, index) => (index === 0 ? stack : `caused by ${stack}`));
}
