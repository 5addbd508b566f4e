/** An error in the server's words. */
export function Problem({ error }: { readonly error: Error | undefined }) {
  return error === undefined ? null : (
    <p class="problem" role="alert">
      {error.message}
    </p>
  );
}
