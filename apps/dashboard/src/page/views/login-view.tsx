import { useState } from 'preact/hooks';
import { logIn } from '../data/api-client.ts';
import { Field } from '../parts/filter-fields.tsx';
import { Problem } from '../parts/problem.tsx';

/** Asks for the token. */
export function LoginView({ onOpen }: { readonly onOpen: () => void }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState<Error>();
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        logIn(token).then(onOpen, setError);
      }}
    >
      <h1>Log in</h1>
      <Field label="Token (of the dashboard's --token-file)">
        <input
          type="password"
          required
          autocomplete="current-password"
          value={token}
          onInput={({ currentTarget }) => {
            setToken(currentTarget.value);
          }}
        />
      </Field>
      <Problem error={error} />
      <button type="submit" class="primary">
        Log in
      </button>
    </form>
  );
}
