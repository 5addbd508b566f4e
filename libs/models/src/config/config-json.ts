/** Fields that hold real numbers; transformers refuses an integer in some of them. */
const REAL_FIELDS: ReadonlySet<string> = new Set([
  'rms_norm_eps',
  'layer_norm_eps',
  'rope_theta',
  'rope_local_base_freq',
  'partial_rotary_factor',
  'attn_logit_softcapping',
  'final_logit_softcapping',
  'factor',
  'low_freq_factor',
  'high_freq_factor',
  'beta_fast',
  'beta_slow',
  'attention_factor',
  'short_factor',
  'long_factor',
]);

/** What Node has and TypeScript's own types do not know yet. */
const RAW_JSON = JSON as JSON & { rawJSON(text: string): unknown };

/** The text of a config.json, in which every real number is seen to be one: 30.0, not 30. */
export function configJson(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(fields, withPoints, 2)}\n`;
}

function withPoints(field: string, value: unknown): unknown {
  if (!REAL_FIELDS.has(field)) return value;
  return Array.isArray(value) ? value.map(realNumber) : realNumber(value);
}

function realNumber(value: unknown): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return value;
  const digits = JSON.stringify(value);
  return digits.includes('e') ? value : RAW_JSON.rawJSON(`${digits}.0`);
}
