/** A NATS server to use: one that runs already, or a program to start. */
export type FoundNatsServer =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'binary'; readonly binary: string };

/**
 * Finds a NATS server: `NATS_URL`, `PATH`, `<toolsFolder>/nats-server`, then Debian's package unpacked into the tool
 * folder without root. Undefined where none can be had; never throws.
 */
export declare function findNatsServer(options: {
  /** `.tools` of the checkout. */
  readonly toolsFolder: string;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether the package may be fetched. @default true */
  readonly download?: boolean;
  /** Called with what is being done, and why nothing was found. */
  readonly log?: (line: string) => void;
}): Promise<FoundNatsServer | undefined>;
