import type { StageEngine } from '../../api/model.ts';

/** `vllm 0.32.0, bfloat16, cuda`, `trl 1.16.0, float32, cpu, fsdp2 on 2 processes`: without what it does not say. */
export function engineWords(engine: StageEngine): string {
  const { kind, version, precision, device, processes, sharding } = engine;
  const shared = processes > 1 ? `${sharding === '' ? '' : `${sharding} on `}${processes} processes` : '';
  return [`${kind} ${version}`.trim(), precision, device, shared].filter((word) => word !== '').join(', ');
}

/** The beginning of a model's digest, and of its adapter's: `0123456789ab + ba9876543210`. */
export function shortDigest(model: string): string {
  return model
    .split('+')
    .map((digest) => digest.replace(/^sha256:/, '').slice(0, 12))
    .join(' + ');
}
