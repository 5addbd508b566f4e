/** How a line is, in either direction. */
export interface LineQuality {
  /** Of everything that is sent, in milliseconds. */
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}
