/** Which library could not be loaded, in brackets, which onnxruntime says on standard error alone; nothing where none is named. */
export function missingLibrary(standardError: string): string {
  const [, why] = /with error: \S*?([^/\s]+: cannot open shared object file)/.exec(standardError) ?? [];
  return why === undefined ? '' : ` (${why})`;
}
