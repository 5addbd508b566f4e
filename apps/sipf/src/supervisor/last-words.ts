import { open } from 'node:fs/promises';

const TAIL_BYTES = 16_384;
const MAX_LENGTH = 500;

/** The message of the last serious line of a service's log, else of the last line; '' for an empty log. */
export async function lastWords(logFile: string): Promise<string> {
  const lines = (await readTail(logFile)).split('\n').filter((line) => line.trim() !== '');
  const messages = lines.map(parseLine);
  const serious = messages.findLast(({ level }) => level === 'fatal' || level === 'error');
  return ((serious ?? messages.at(-1))?.text ?? '').slice(0, MAX_LENGTH);
}

async function readTail(logFile: string): Promise<string> {
  try {
    await using file = await open(logFile, 'r');
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, TAIL_BYTES)), {
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

interface LogLine {
  readonly level: string;
  readonly text: string;
}

function parseLine(line: string): LogLine {
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: unknown;
      msg?: unknown;
      err?: { message?: unknown };
    };
    const detail = typeof err?.message === 'string' ? `: ${err.message}` : '';
    return { level: String(level), text: `${String(msg)}${detail}` };
  } catch {
    // What Node itself prints before a program's logger exists.
    return { level: /^\w*Error\b/.test(line) ? 'error' : 'unknown', text: line.trim() };
  }
}
