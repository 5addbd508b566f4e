import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const TYPING_MS = 250;

/** A choice of several options. */
export function Choice<V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: V;
  readonly options: readonly (readonly [V, string])[];
  readonly onChange: (value: V) => void;
}) {
  return (
    <Field label={label}>
      <select
        value={value}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value as V);
        }}
      >
        {options.map(([name, text]) => (
          <option key={name} value={name} selected={name === value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** A search text, applied when the typing pauses. `/` moves the focus here. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => {
      onChange(typed);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed]);
  return (
    <Field label={label}>
      <input
        type="search"
        maxLength={200}
        value={typed}
        data-shortcut="/"
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
        }}
      />
    </Field>
  );
}

/** A label over a field. */
export function Field({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}
