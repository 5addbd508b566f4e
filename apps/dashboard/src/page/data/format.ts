/** A number with about four digits, whatever its size. */
export function short(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  return size >= 1000 || size < 0.001 ? value.toExponential(2) : value.toPrecision(4);
}

/** `850 ms`, `6.2 s`, `3 min 5 s`, `2 h 4 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `12:03:59`, in the reader's time zone. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** `2026-11-25 12:03`, in the reader's time zone. */
export function day(at: number): string {
  return new Date(at).toLocaleString('sv-SE').slice(0, 16);
}

/** `train-verifier-1` as `train verifier 1`. */
export function spoken(id: string): string {
  return id.replaceAll('-', ' ');
}

/** Which of five equally wide bins of [0, 1] a score is in. */
export function scoreBin(score: number): number {
  return Math.min(4, Math.floor(score * 5));
}
