import { Dialog } from '../parts/dialog.tsx';

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['?', 'this list'],
  ['g', 'to the runs'],
  ['1 to 5', 'the parts of a run: overview, curves, paths, pairs, annotate'],
  ['/', 'to the search field'],
  ['↑ ↓ or k j', 'through a list, and through the steps when annotating'],
  ['Page Up, Page Down, Home, End', 'through a long list'],
  ['r', 'annotate: the step is right; moves to the next'],
  ['c o l v', 'annotate: wrong calculation, wrong quantities, does not follow, leads nowhere'],
  ['x', 'annotate: the step cannot be judged'],
  ['s', 'annotate: saves, and moves to the next path'],
  ['n p', 'annotate: the next or previous path'],
  ['Esc', 'closes a dialog'],
];

/** The keys of the page. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {SHORTCUTS.map(([key, text]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
      <p>
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
