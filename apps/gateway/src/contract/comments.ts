import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

/** Numbers of `FileDescriptorProto`'s fields, of which places in a file are made. */
const [MESSAGE, ENUM, SERVICE, FIELD, METHOD] = [4, 5, 6, 2, 2] as const;

/** What a proto says before a declaration, as one line; empty where it says nothing. */
export function commentOf(declared: DescMessage | DescEnum | DescService | DescField | DescMethod): string {
  const [file, path] = placeOf(declared);
  const location = file.proto.sourceCodeInfo?.location.find((one) => one.path.join() === path.join());
  return (location?.leadingComments ?? '').trim().replace(/\s*\n\s*/g, ' ');
}

function placeOf(
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
      const [file, path] = placeOf(declared.parent);
      return [file, [...path, FIELD, declared.parent.fields.indexOf(declared)]];
    }
    case 'rpc': {
      const [file, path] = placeOf(declared.parent);
      return [file, [...path, METHOD, declared.parent.methods.indexOf(declared)]];
    }
  }
}
