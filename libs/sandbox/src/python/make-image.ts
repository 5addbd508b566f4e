import { buildFromPackage } from './build-image.ts';
import { keepImage } from './image-store.ts';

/** Builds and stores the interpreter's image: `make-image.ts FILE`, started where a child finds none. */
const [file = ''] = process.argv.slice(2);
keepImage(file, buildFromPackage);
