import { buildFromPackage } from './build-image.ts';
import { keepImage } from './image-store.ts';

/** Builds the interpreter's image and puts it by: `make-image.ts FILE`, started where a child finds none. */
const [file = ''] = process.argv.slice(2);
keepImage(file, buildFromPackage);
