// Which known name an unknown one was meant to be.
import { closest, distance } from "fastest-levenshtein";

/** The known word that is closest to what was written, upper and lower case alike. */
export function nearest(word: string, words: readonly string[]): string {
  const lowered = words.map((candidate) => candidate.toLowerCase());
  return words[lowered.indexOf(closest(word.toLowerCase(), lowered))] ?? word;
}

/** The name that one with a slip in it was meant to be, if it is near enough to one. */
export function meantName(key: string, known: string[]): string | undefined {
  const candidate = nearest(key, known);
  const isNear = distance(key.toLowerCase(), candidate.toLowerCase()) <= Math.max(1, Math.min(3, key.length / 3));
  // Letters in another order count as two slips, which in a short name is too far otherwise.
  if (isNear || letters(key) === letters(candidate)) {
    return candidate;
  }
  // Also the beginning of one name alone, as `repo` is, or the same word in another form, as `retry` is of `retries`.
  const [word, names] = [key.toLowerCase(), known.filter(() => key.length > 2)];
  return names.find((name) => {
    const other = name.toLowerCase();
    return other.startsWith(word) || (other.slice(0, 4) === word.slice(0, 4) && distance(other, word) <= 3);
  });
}

function letters(word: string): string {
  return [...word.toLowerCase()].sort().join("");
}
