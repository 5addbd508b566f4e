/** What one check of `sipf doctor` found. */
export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was looked at, e.g. `node`. */
  readonly name: string;
  readonly detail: string;
  /** How to mend it; absent where nothing is wrong. */
  readonly fix?: string;
}

export function ok(name: string, detail: string): Finding {
  return { status: 'ok', name, detail };
}

export function warn(name: string, detail: string, fix: string): Finding {
  return { status: 'warn', name, detail, fix };
}

export function fail(name: string, detail: string, fix: string): Finding {
  return { status: 'fail', name, detail, fix };
}

/** One line a finding, and how to mend what is wrong below it. */
export function renderFinding({ status, name, detail, fix }: Finding): string {
  const line = `${status.padEnd(4)}  ${name.padEnd(16)} ${detail}`;
  return fix === undefined ? line : `${line}\n      to mend it: ${fix}`;
}
