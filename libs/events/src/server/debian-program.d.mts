/**
 * Downloads the distribution's own package with apt's state in a private folder, which needs no root, and unpacks one
 * program of it into `<toolsFolder>/<program>/<program>` without installing. The result appears at once, so that two
 * processes may do this at the same time.
 * @throws where there is no apt, no network or no such package
 */
export declare function unpackDebianProgram(options: {
  /** Name of the package, e.g. `prometheus`. */
  readonly debianPackage: string;
  /** What the program is called here. */
  readonly program: string;
  /** Where the package has it, e.g. `usr/bin/promtool`. */
  readonly path: string;
  /** `.tools` of the checkout. */
  readonly toolsFolder: string;
  /** Called with what is being done. */
  readonly log: (line: string) => void;
}): Promise<void>;
