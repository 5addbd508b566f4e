import type { DownloadProgress } from '@sipf/models';
import type { Screen } from '../terminal.ts';
import { formatNumber } from './numbers.ts';

/** Between two signs of life: on a terminal, where a line is drawn anew, and elsewhere, where lines add up. */
const INTERVAL_MS = { terminal: 120, plain: 10_000 };
const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001B[2K';

/** Shows how far a download is. */
export interface DownloadReporter {
  readonly progress: (step: DownloadProgress) => void;
  /** Leaves the line. */
  readonly close: () => void;
}

/** One line that moves on a terminal; elsewhere a line for every file and, for long ones, every ten seconds. */
export function createDownloadReporter(screen: Screen, now: () => number): DownloadReporter {
  const interval = screen.isTerminal ? INTERVAL_MS.terminal : INTERVAL_MS.plain;
  let saidAt = -Infinity;
  return {
    progress: (step) => {
      const complete = step.receivedBytes === step.totalBytes;
      if (!complete && now() - saidAt < interval) return;
      saidAt = now();
      const line = renderDownload(step);
      screen.write(
        screen.isTerminal
          ? `${CLEAR_LINE}${line.slice(0, screen.columns - 1)}${complete ? '\n' : ''}`
          : `${line}\n`,
      );
    },
    close: () => {
      if (screen.isTerminal) screen.write(CLEAR_LINE);
    },
  };
}

/** e.g. `[######------] 512 MB of 1024 MB  model.safetensors`. */
function renderDownload({ file, receivedBytes, totalBytes }: DownloadProgress): string {
  const share = totalBytes === 0 ? 1 : receivedBytes / totalBytes;
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
  return `${bar} ${megabytes(receivedBytes)} of ${megabytes(totalBytes)}  ${file}`;
}

function megabytes(bytes: number): string {
  return `${formatNumber(bytes / 1e6)} MB`;
}
