import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

/** Field numbers of `FileDescriptorProto`; a declaration's path in the file consists of them. */
const [MESSAGE, ENUM, SERVICE, FIELD, METHOD] = [4, 5, 6, 2, 2] as const;

/** The proto's comment before a declaration, as one line; empty without one. */
export function commentOf(declared: DescMessage | DescEnum | DescService | DescField | DescMethod): string {
  const [file, path] = locationOf(declared);
  const location = file.proto.sourceCodeInfo?.location.find((one) => one.path.join() === path.join());
  return (location?.leadingComments ?? '').trim().replace(/\s*\n\s*/g, ' ');
}

function locationOf(
  declared: DescMessage | DescEnum | DescService | DescField | DescMethod,
): [DescFile, number[]] {
  switch (declared.kind) {
    case 'message':
      return [declared.file, [MESSAGE, declared.file.messages.indexOf(declared)]];
    case 'enum':
      return [declared.file, [ENUM, declared.file.enums.indexOf(declared)]];
    case 'service':
      return [declared.file, [SERVICE, declared.file.services.indexOf(declared)]];
    case 'field': {
      const [file, path] = locationOf(declared.parent);
      return [file, [...path, FIELD, declared.parent.fields.indexOf(declared)]];
    }
    case 'rpc': {
      const [file, path] = locationOf(declared.parent);
      return [file, [...path, METHOD, declared.parent.methods.indexOf(declared)]];
    }
  }
}
