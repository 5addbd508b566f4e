import { createFileRegistry, fromBinary, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { descriptorSetUrl } from '@sipf/contracts';
import { readFileSync } from 'node:fs';

/** A gRPC service as its proto declares it: the form of its JSON and its documentation. */
export interface ServiceContract {
  readonly service: DescService;
  readonly methods: readonly MethodContract[];
}

/** A method and its path over HTTP. */
export interface MethodContract {
  readonly method: DescMethod;
  /** e.g. `/v1/verification/score-stream` */
  readonly path: string;
  readonly isStream: boolean;
}

/** Reads a service out of the compiled contracts. @param fullName e.g. `sipf.verification.v1.VerificationService` */
export function loadServiceContract(fullName: string): ServiceContract {
  const files = fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSetUrl));
  const service = createFileRegistry(files).getService(fullName);
  if (service === undefined) throw new TypeError(`the contracts have no service ${fullName}`);
  const [, area = '', version = ''] = fullName.split('.');
  const methods = service.methods.map((method) => ({
    method,
    path: `/${version}/${area}/${kebab(method.localName)}`,
    isStream: method.methodKind !== 'unary',
  }));
  return { service, methods };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
