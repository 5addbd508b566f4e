/** A text as it may be shown: whatever stands before the `@` of an address in it is left out. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/:\/\/[^/@\s"'\\]*@/g, '://…@');
}
